// The index on names is dropped for a large first load, and rebuilt.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dropIndexesForBulkLoad,
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

test('an incomplete index is rebuilt', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'products_name'::regclass`;
  assert.equal(await hasIndexes(database.sql), false);
  await restoreIndexes(database.sql);
  assert.equal(await hasIndexes(database.sql), true);
});
