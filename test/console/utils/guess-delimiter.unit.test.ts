// What probably separates the columns of a file that was read as one column.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessDelimiter } from '../../../src/console/utils/reading/guess-delimiter.ts';

test('a delimiter occurs in every line as often as in the header', () => {
  assert.equal(guessDelimiter('name^sku^description', ['Lamp^a-1^x', 'Chair^a-2^']), '^');
  assert.equal(guessDelimiter('name~sku~price/piece', ['Lamp~a~1', 'Chair~b~2']), '~');
  assert.equal(guessDelimiter('name\tsku', ['Lamp\ta']), '\t');
  assert.equal(guessDelimiter('name^sku', []), '^');
});

test('nothing is guessed where no character does', () => {
  assert.equal(guessDelimiter('name^sku', ['Lamp', 'Chair']), undefined);
  assert.equal(guessDelimiter('product name', ['Desk lamp']), undefined);
  assert.equal(guessDelimiter('name§sku', ['Lamp§a']), undefined);
  assert.equal(guessDelimiter('', []), undefined);
});
