// Keys are ordered as in Postgres, and a prefix corresponds to a range of keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { prefixUpperBound } from '../../../src/db/postgres/collation.ts';
import { createTestDatabase } from '../../support/database/database.ts';

const EDGES = ['a', 'z', '~', '\u007f', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'];
const key = fc.string({ unit: fc.constantFrom(...EDGES), maxLength: 4 });

test('keys are ordered as by COLLATE "C"', async (t) => {
  const { sql } = await createTestDatabase(t);
  const keys = [...EDGES, ...EDGES.map((edge) => `a${edge}`), ''];
  const sorted = await sql<
    { key: string }[]
  >`SELECT key FROM unnest(${keys}::text[]) AS key ORDER BY key COLLATE "C"`;
  assert.deepEqual(
    keys.toSorted(compareKeys),
    sorted.map((row) => row.key),
  );
});

test('a key is in the range of a prefix if and only if it starts with it', () => {
  const isInRange = (text: string, prefix: string) => {
    const end = prefixUpperBound(prefix);
    return compareKeys(text, prefix) >= 0 && (end === undefined || compareKeys(text, end) < 0);
  };
  fc.assert(fc.property(key, key, (text, prefix) => isInRange(text, prefix) === text.startsWith(prefix)));
  fc.assert(fc.property(key, key, (rest, prefix) => isInRange(prefix + rest, prefix)));
  const long = 'a'.repeat(300_000);
  assert.equal(prefixUpperBound(`${long}a\u{10ffff}`), `${long}b`);
});

test('a prefix of the last code point has no upper bound', () => {
  assert.equal(prefixUpperBound(''), undefined);
  assert.equal(prefixUpperBound('\u{10ffff}\u{10ffff}'), undefined);
  assert.equal(prefixUpperBound('a\u{10ffff}'), 'b');
  assert.equal(prefixUpperBound('\ud7ff'), '\ue000');
});

/** Compares two keys as Postgres does; JavaScript's `<` differs beyond U+FFFF. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
