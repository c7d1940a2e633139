// What counts as blank, as a character, and as text that can be stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBlank as isBlankInConsole } from '../../../src/console/utils/is-blank.ts';
import { countCharacters, isBlank } from '../../../src/db/catalogue/product-rules.ts';
import { isStorable, toStorable } from '../../../src/db/postgres/sql/storable-text.ts';

test('text with only invisible characters is blank', () => {
  const blanks = [
    '',
    ' ',
    '\t\r\n',
    '\u00a0\u3000',
    '\u0085\x01\x7f',
    '\u200b\u2060\ufeff',
    '\u3164',
    '\u2800',
    '\u{e0020}',
  ];
  for (const blank of blanks) assert.equal(isBlank(blank), true, JSON.stringify(blank));
  for (const text of ['a', ' a ', '0', '.', '\u0301', '\ufffd', '\u200ba\u200b', '\ud800', '\u200d😀']) {
    assert.equal(isBlank(text), false, JSON.stringify(text));
  }
});

test('the console judges each character as the server does', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    assert.equal(isBlankInConsole(character), isBlank(character), code.toString(16));
  }
});

test('characters are code points, as Postgres counts them', () => {
  assert.equal(countCharacters(''), 0);
  assert.equal(countCharacters('naïve'), 5);
  assert.equal(countCharacters('a😀b😀'), 4);
});

test('NUL and unpaired surrogates cannot be stored', () => {
  assert.equal(isStorable('a😀\u{10ffff}\u0001'), true);
  assert.equal(isStorable('a\0'), false);
  assert.equal(isStorable('😀'.slice(0, 1)), false);
});

test('text for display is made storable', () => {
  assert.equal(toStorable('März 😀.csv', 255), 'März 😀.csv');
  assert.equal(toStorable('a\0b\u001b[2J\u009f\n', 255), 'a\ufffdb\ufffd[2J\ufffd\ufffd');
  assert.equal(toStorable('a\ud83d', 255), 'a\ufffd');
  assert.equal(toStorable('😀'.repeat(300), 255), '😀'.repeat(255));
});
