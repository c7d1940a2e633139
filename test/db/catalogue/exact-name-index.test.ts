// The index on names steps aside for a large first load, and comes back by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropIndexForBulkLoad, hasIndex, restoreIndex } from '../../../src/db/catalogue/exact-name-index.ts';
import { createTestDatabase } from '../../support/database.ts';

test('a load that at least doubles the catalogue drops the index, and it is built again', async (t) => {
  const database = await createTestDatabase(t);
  await dropIndexForBulkLoad(database, 100_000);
  assert.equal(await hasIndex(database.sql), false);
  await restoreIndex(database.sql);
  assert.equal(await hasIndex(database.sql), true);
});

test('a small load, or one that is small beside the catalogue, keeps it', async (t) => {
  const database = await createTestDatabase(t);
  await dropIndexForBulkLoad(database, 99_999);
  assert.equal(await hasIndex(database.sql), true);
  await database.sql`
    INSERT INTO products (sku, name, description) SELECT n::text, 'name', '' FROM generate_series(1, 100001) n`;
  await dropIndexForBulkLoad(database, 100_000);
  assert.equal(await hasIndex(database.sql), true);
});

test('whoever reads the catalogue is not held up: then the load keeps the index', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql.begin(async (reader) => {
    await reader`SELECT FROM products LIMIT 1`;
    await dropIndexForBulkLoad(database, 100_000);
  });
  assert.equal(await hasIndex(database.sql), true);
});

test('an index that was left half built is built anew', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'products_name'::regclass`;
  assert.equal(await hasIndex(database.sql), false);
  await restoreIndex(database.sql);
  assert.equal(await hasIndex(database.sql), true);
});
