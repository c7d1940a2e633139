// The indexes of products are dropped for a large first load, and rebuilt; that on attributes exists where there can be any.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dropIndexesForBulkLoad,
  hasAttributeIndex,
  hasIndexes,
  restoreIndexes,
} from '../../../src/db/catalogue/product-indexes.ts';
import { createTestDatabase } from '../../support/database.ts';

test('a load that at least doubles the catalogue drops the index, which is then rebuilt', async (t) => {
  const database = await createTestDatabase(t);
  await dropIndexesForBulkLoad(database, 100_000);
  assert.equal(await hasIndexes(database.sql), false);
  await restoreIndexes(database.sql);
  assert.equal(await hasIndexes(database.sql), true);
});

test('a load that is small, or small compared with the catalogue, keeps the index', async (t) => {
  const database = await createTestDatabase(t);
  await dropIndexesForBulkLoad(database, 99_999);
  assert.equal(await hasIndexes(database.sql), true);
  await database.sql`
    INSERT INTO products (sku, name, description) SELECT n::text, 'name', '' FROM generate_series(1, 100001) n`;
  await dropIndexesForBulkLoad(database, 100_000);
  assert.equal(await hasIndexes(database.sql), true);
});

test('a load keeps the index rather than block readers of the catalogue', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql.begin(async (reader) => {
    await reader`SELECT FROM products LIMIT 1`;
    await dropIndexesForBulkLoad(database, 100_000);
  });
  assert.equal(await hasIndexes(database.sql), true);
});

test('attributes are indexed once an import has kept columns', async (t) => {
  const { sql } = await createTestDatabase(t);
  assert.deepEqual([await hasIndexes(sql), await hasAttributeIndex(sql)], [true, false]);
  await sql`
    INSERT INTO imports (id, file_name, status, max_rejected_rows, kept_columns)
    VALUES (gen_random_uuid(), 'a.csv', 'LOADING', 0, '{color}')`;
  assert.equal(await hasIndexes(sql), false);
  await restoreIndexes(sql);
  assert.deepEqual([await hasIndexes(sql), await hasAttributeIndex(sql)], [true, true]);
  const plan = await sql.begin(async (tx) => {
    await tx`SET LOCAL enable_seqscan = off`;
    return tx`EXPLAIN SELECT FROM products WHERE attributes @> jsonb_build_object('color', 'red')`;
  });
  assert.match(JSON.stringify(plan), /Bitmap Index Scan on products_attributes/);
});

test('an incomplete index is rebuilt', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'products_name'::regclass`;
  assert.equal(await hasIndexes(database.sql), false);
  await restoreIndexes(database.sql);
  assert.equal(await hasIndexes(database.sql), true);
});
