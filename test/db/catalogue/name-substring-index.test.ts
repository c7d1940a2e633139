// Names are indexed in the background; a search finds them before, during and after, and without any index.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameSubstringIndex } from '../../../src/db/catalogue/name-substring-index.ts';
import { ProductStore } from '../../../src/db/catalogue/product-store.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../support/database.ts';
import { insertProducts } from './product-fixtures.ts';

async function rowsOf({ sql }: Database, table: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`SELECT name FROM ${sql(table)} ORDER BY name`;
  return rows.map(({ name }) => name);
}

async function skusWith(database: Database, nameContains: string): Promise<string[]> {
  const page = await new ProductStore(database).page({ limit: 100 }, { nameContains });
  return page.rows.map(({ sku }) => sku);
}

test('names are indexed once, and are found before, during and after that', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: '1', name: 'Blue Lamp' },
    { sku: '2', name: 'Red lamp' },
    { sku: '3', name: 'Chair' },
  ]);
  assert.deepEqual(await skusWith(database, 'LAMP'), ['1', '2']);

  const index = new NameSubstringIndex(database.sql);
  assert.equal(await index.refresh(), 3);
  assert.equal(await index.refresh(), 0);
  assert.deepEqual(await rowsOf(database, 'product_names_unindexed'), []);
  assert.deepEqual(await rowsOf(database, 'product_name_search'), ['Blue Lamp', 'Chair', 'Red lamp']);
  assert.deepEqual(await skusWith(database, 'LAMP'), ['1', '2']);
});

test('a name introduced by an update is found immediately, and an unused name does no harm', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [{ sku: '1', name: 'Blue Lamp' }]);
  const index = new NameSubstringIndex(database.sql);
  await index.refresh();
  const store = new ProductStore(database);

  await store.update('1', { name: 'Green Sofa' });
  assert.deepEqual(await skusWith(database, 'sofa'), ['1']);
  assert.deepEqual(await skusWith(database, 'lamp'), []);
  assert.equal(await index.refresh(), 1);
  assert.deepEqual(await skusWith(database, 'sofa'), ['1']);

  await store.update('1', { name: 'Blue Lamp' });
  assert.deepEqual(await skusWith(database, 'lamp'), ['1']);
  assert.equal(await index.refresh(), 0, 'an indexed name is not announced again');
});

test('several processes can index while names are added', async (t) => {
  const database = await createTestDatabase(t);
  const names = Array.from({ length: 3000 }, (_, i) => `Name ${i}`);
  const add = (some: string[]) =>
    database.sql`INSERT INTO product_names_unindexed SELECT * FROM unnest(${some}::text[])`;
  await Promise.all([
    add(names.slice(0, 2000)),
    add(names.slice(1000).reverse()),
    ...[1, 2, 3].map(() => new NameSubstringIndex(database.sql).refresh()),
  ]);
  await new NameSubstringIndex(database.sql).refresh();
  assert.deepEqual(await rowsOf(database, 'product_names_unindexed'), []);
  assert.equal((await rowsOf(database, 'product_name_search')).length, 3000);
});

test('without pg_trgm, the search finds the same names', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: '1', name: 'Blue Lamp' },
    { sku: '2', name: 'Chair' },
  ]);
  await new NameSubstringIndex(database.sql).refresh();
  await database.sql`DROP EXTENSION pg_trgm CASCADE`;
  assert.deepEqual(await skusWith(database, 'e lam'), ['1']);
});

test('the search uses the trigram index', async (t) => {
  const { sql } = await createTestDatabase(t);
  await sql`INSERT INTO product_name_search SELECT md5(i::text) FROM generate_series(1, 20000) AS i`;
  await sql`ANALYZE product_name_search`;
  const plan = await sql.begin(async (tx) => {
    // As on a disk without moving parts, for which the embedded Postgres is tuned.
    await tx`SET LOCAL random_page_cost = 1.1`;
    return tx.unsafe(
      `EXPLAIN SELECT name FROM product_name_search WHERE fold_name(name) LIKE fold_name('%ABC123%')`,
    );
  });
  assert.match(plan.map((row) => row['QUERY PLAN']).join('\n'), /product_name_search_trigrams/);
});
