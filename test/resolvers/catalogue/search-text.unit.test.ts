// Texts to search for are no longer than what they are searched in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadstoneError } from '../../../src/errors.ts';
import { productCountFilterOf } from '../../../src/resolvers/catalogue/product-count-filter.ts';
import { productFilterOf } from '../../../src/resolvers/catalogue/product-filter.ts';

test('a text to search for has at most 512 characters', () => {
  const longest = '😀'.repeat(512);
  for (const field of ['skuPrefix', 'skuContains', 'nameContains', 'search'] as const) {
    assert.equal(productFilterOf({ [field]: longest })[field], longest);
    assert.throws(() => productFilterOf({ [field]: `${longest}a` }), isTooLong, field);
  }
  for (const field of ['namePrefix', 'nameContains'] as const) {
    assert.equal(productCountFilterOf({ [field]: longest })[field], longest);
    assert.throws(() => productCountFilterOf({ [field]: `${longest}a` }), isTooLong, field);
  }
  // Nothing is searched for a whole name.
  assert.equal(productFilterOf({ name: `${longest}a` }).name, `${longest}a`);
});

function isTooLong(error: unknown): boolean {
  assert.ok(error instanceof LoadstoneError);
  assert.match(error.message, /has 513 characters, more than the 512 that are allowed/);
  return error.code === 'BAD_USER_INPUT';
}
