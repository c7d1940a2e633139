// The indexes of products are dropped for a large first load, and rebuilt; others exist only where they can be used, or are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import {
  dropIndexesForBulkLoad,
  hasAttributeIndex,
  hasIndexes,
  hasSkuIndex,
  hasUpdatedIndex,
  mergePendingSkus,
  restoreIndexes,
} from '../../../../src/db/catalogue/search/product-indexes.ts';
import { createTestDatabase } from '../../../support/database/database.ts';

test('a load that at least doubles the catalogue drops the index, which is then rebuilt', async (t) => {
  const database = await createTestDatabase(t);
  await dropIndexesForBulkLoad(database, 100_000, []);
  assert.equal(await hasIndexes(database.sql), false);
  await restoreIndexes(database.sql);
  assert.equal(await hasIndexes(database.sql), true);
});

test('a load that is small, or small compared with the catalogue, keeps the index', async (t) => {
  const database = await createTestDatabase(t);
  await dropIndexesForBulkLoad(database, 99_999, []);
  assert.equal(await hasIndexes(database.sql), true);
  await database.sql`
    INSERT INTO products (sku, name, description) SELECT n::text, 'name', '' FROM generate_series(1, 10000) n`;
  await database.sql`CREATE TABLE half AS SELECT * FROM products WHERE sku < '5'`;
  await database.sql`CREATE TABLE "rest" AS SELECT * FROM products WHERE sku >= '5'`;
  await dropIndexesForBulkLoad(database, 100_000, ['half']);
  assert.equal(await hasIndexes(database.sql), true);
  await database.sql`INSERT INTO half SELECT * FROM products LIMIT 1000`;
  await dropIndexesForBulkLoad(database, 100_000, ['half', '"rest"']);
  assert.equal(await hasIndexes(database.sql), false);
});

test('a load keeps the index rather than block readers of the catalogue', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql.begin(async (reader) => {
    await reader`SELECT FROM products LIMIT 1`;
    await dropIndexesForBulkLoad(database, 100_000, []);
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

test('the indexes for parts of SKUs and for times of change are built when they are used, and dropped when not', async (t) => {
  const database = await createTestDatabase(t);
  const { sql } = database;
  const found = async () => [await hasSkuIndex(sql), await hasUpdatedIndex(sql)];
  await new ProductStore(database).page({ limit: 1 }, { search: 'a' }, 'NAME_DESC');
  assert.equal(await hasIndexes(sql), true);
  await new ProductStore(database).page({ limit: 1 }, { words: ['a'] }, 'UPDATED_AT_DESC');
  assert.equal(await hasIndexes(sql), false);
  await restoreIndexes(sql);
  assert.deepEqual([await hasIndexes(sql), await found()], [true, [true, true]]);
  await sql`INSERT INTO products (sku, name, description) VALUES ('AB-12', 'Nut', '')`;
  await mergePendingSkus(sql);
  const plan = await sql.begin(async (tx) => {
    await tx`SET LOCAL enable_seqscan = off`;
    return tx`EXPLAIN SELECT FROM products WHERE fold_name(sku) LIKE '%b-1%'`;
  });
  assert.match(JSON.stringify(plan), /Bitmap Index Scan on products_sku_parts/);

  await sql`UPDATE product_index_uses SET used_on = current_date - 29`;
  assert.equal(await hasIndexes(sql), true);
  await sql`UPDATE product_index_uses SET used_on = current_date - 30 WHERE index_name = 'products_updated'`;
  assert.equal(await hasIndexes(sql), false);
  await restoreIndexes(sql);
  assert.deepEqual([await hasIndexes(sql), await found()], [true, [true, false]]);
  // It is used again.
  await new ProductStore(database).page({ limit: 1 }, {}, 'UPDATED_AT_ASC');
  await restoreIndexes(sql);
  assert.deepEqual(await found(), [true, true]);
  await dropIndexesForBulkLoad(database, 100_000, ['products']);
  assert.deepEqual(await found(), [false, false]);
});

test('without pg_trgm, parts of SKUs are found without an index', async (t) => {
  const database = await createTestDatabase(t);
  const { sql } = database;
  await sql`DROP EXTENSION pg_trgm CASCADE`;
  await sql`INSERT INTO products (sku, name, description) VALUES ('AB-12', 'Nut', ''), ('AB-13', 'Nut', '')`;
  const store = new ProductStore(database);
  const page = await store.page({ limit: 1 }, { skuContains: 'b-1', words: ['12'] });
  assert.deepEqual([page.rows.map(({ sku }) => sku), page.hasNextPage], [['AB-12'], false]);
  assert.equal(await hasIndexes(sql), true);
});
