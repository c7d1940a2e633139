import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten } from '../src/shorten.ts';

test('a text that fits is as it was, a longer one is cut', () => {
  assert.equal(shorten('', 3), '');
  assert.equal(shorten('abc', 3), 'abc');
  assert.equal(shorten('abcd', 3), 'abc…');
});

test('no half of a character is left', () => {
  assert.equal(shorten('ab😀', 4), 'ab😀');
  assert.equal(shorten('ab😀', 3), 'ab…');
  assert.equal(shorten('ab😀c', 4), 'ab😀…');
  assert.equal(shorten('\ud83d', 3), '\ufffd');
  assert.equal(shorten('\udc00bcd', 3), '\ufffdbc…');
});
