// What counts as blank, as a character, and as text that can be stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCharacters, isBlank } from '../../src/db/product-rules.ts';
import { isStorable, toStorable } from '../../src/db/storable-text.ts';

test('text of whitespace only is blank, whatever the whitespace', () => {
  for (const blank of ['', ' ', '\t\r\n', '\u00a0\u3000']) assert.equal(isBlank(blank), true);
  for (const text of ['a', ' a ', '0', '\u200b']) assert.equal(isBlank(text), false);
});

test('characters are code points, as Postgres counts them', () => {
  assert.equal(countCharacters(''), 0);
  assert.equal(countCharacters('naïve'), 5);
  assert.equal(countCharacters('a😀b😀'), 4);
});

test('NUL and half a surrogate pair cannot be stored', () => {
  assert.equal(isStorable('a😀\u{10ffff}\u0001'), true);
  assert.equal(isStorable('a\0'), false);
  assert.equal(isStorable('😀'.slice(0, 1)), false);
});

test('text that is only shown is made storable', () => {
  assert.equal(toStorable('März 😀.csv', 255), 'März 😀.csv');
  assert.equal(toStorable('a\0b\u001b[2J\u009f\n', 255), 'a\ufffdb\ufffd[2J\ufffd\ufffd');
  assert.equal(toStorable('a\ud83d', 255), 'a\ufffd');
  assert.equal(toStorable('😀'.repeat(300), 255), '😀'.repeat(255));
});
