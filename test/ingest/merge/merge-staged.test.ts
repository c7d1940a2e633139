// Staged rows are compared with the catalogue in two ways, by its size. Both have the same result.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../../support/database/database.ts';
import { merge, type StagedRow, stage, stateOf } from '../../support/imports/staged-import.ts';

const BEFORE: StagedRow[] = [
  [2, 'a-1', 'Ann', 'x'],
  [3, 'b-1', 'Bob', 'x'],
  [4, 'c-1', 'Cat', 'x'],
];
const FILE: StagedRow[] = [
  [2, 'c-1', 'Ann', 'renamed'],
  [3, 'd-1', 'Dan', 'superseded'],
  [4, 'a-1', 'Ann', 'x'],
  [5, 'd-1', 'Bob', 'new'],
  [6, 'b-1', 'Bob', 'described'],
];
/** More than four times the size of the file's rows. */
const OTHER_PRODUCTS = 2000;

test('a file has the same result in a small and in a large catalogue', async (t) => {
  const [small, large] = [await createTestDatabase(t, { max: 5 }), await createTestDatabase(t, { max: 5 })];
  await large.sql`
    INSERT INTO products SELECT 'other-' || n, 'Other', 'x' FROM generate_series(1, ${OTHER_PRODUCTS}::int) AS n`;
  await large.sql`INSERT INTO product_name_counts VALUES ('Other', ${OTHER_PRODUCTS})`;
  const results = [];
  for (const database of [small, large]) {
    await merge(database, await stage(database, BEFORE, false));
    const task = await stage(database, FILE, false);
    const merged = await merge(database, task);
    await database.sql`DELETE FROM products WHERE name = 'Other'`;
    await database.sql`DELETE FROM product_name_counts WHERE name = 'Other'`;
    results.push({ merged, ...(await stateOf(database, task.importId)) });
  }
  assert.deepEqual(results[0], results[1]);
  assert.deepEqual(results[0]?.merged, [
    { staged: 5, inserted: 1, updated: 2, unchanged: 1, superseded: 1, deleted: 0, kept: 0 },
  ]);
  assert.deepEqual(results[0]?.counts, [
    { name: 'Ann', product_count: 2 },
    { name: 'Bob', product_count: 2 },
  ]);
});
