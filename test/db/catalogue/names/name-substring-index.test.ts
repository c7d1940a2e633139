// Names are indexed in the background; a search finds them before, during and after, and without any index.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queueNames } from '../../../../src/db/catalogue/names/name-queue.ts';
import { NameSubstringIndex } from '../../../../src/db/catalogue/names/name-substring-index.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import type { Database } from '../../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { insertProducts } from '../product-fixtures.ts';

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
  await sql`VACUUM ANALYZE product_name_search`;
  const plan = await sql.begin(async (tx) => {
    // As a search does.
    await tx`SET LOCAL enable_seqscan = off`;
    return tx.unsafe(
      `EXPLAIN SELECT name FROM product_name_search WHERE fold_name(name) LIKE fold_name('%ABC123%')`,
    );
  });
  assert.match(plan.map((row) => row['QUERY PLAN']).join('\n'), /product_name_search_trigrams/);
});

async function hasTrigramIndex({ sql }: Database): Promise<boolean> {
  const [index] = await sql`SELECT to_regclass('product_name_search_trigrams') IS NOT NULL AS exists`;
  return index?.['exists'] === true;
}

async function queueInBlocks({ sql }: Database, names: string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`CREATE TEMP TABLE noted (name text COLLATE "C") ON COMMIT DROP`;
    await tx`INSERT INTO noted SELECT unnest(${names}::text[])`;
    await tx.unsafe(queueNames('noted', names.length));
  });
}

test('names that are queued in blocks are found one by one', async (t) => {
  const database = await createTestDatabase(t);
  const names = [
    ...Array.from({ length: 250 }, (_, i) => `Name ${i}`),
    ...['Öl', 'ΟΔΟΣ', 'ends in a', 'Begins', 'two\nlines', ' ', '100%_x'],
  ];
  await database.sql`
    INSERT INTO products (sku, name, description) SELECT name, name, '' FROM unnest(${names}::text[]) AS name`;
  await database.sql`INSERT INTO product_name_counts SELECT name, 1 FROM products`;
  await queueInBlocks(database, names);
  const searches = async () => {
    const found: Record<string, string[]> = {};
    for (const part of ['name 249', 'NAME 24', 'öL', 'οδος', 'a\nb', 'two\nl', '%_', 'no such', ' ']) {
      found[part] = await skusWith(database, part);
    }
    return found;
  };
  const expected = {
    'name 249': ['Name 249'],
    'NAME 24': ['Name 24', ...Array.from({ length: 10 }, (_, i) => `Name 24${i}`)],
    öL: ['Öl'],
    οδος: ['ΟΔΟΣ'],
    'a\nb': [],
    'two\nl': ['two\nlines'],
    '%_': ['100%_x'],
    'no such': [],
  };
  const { ' ': blank, ...queued } = await searches();
  assert.deepEqual(queued, expected);
  assert.equal(blank?.length, 100, 'a page of those with a blank');

  const index = new NameSubstringIndex(database.sql);
  assert.equal(await index.refresh(async () => false), names.length);
  const { ' ': _, ...indexed } = await searches();
  assert.deepEqual(indexed, expected);
});

test('many names are moved into an empty index by building it anew', async (t) => {
  const database = await createTestDatabase(t);
  const names = Array.from({ length: 10_000 }, (_, i) => `Name ${i}`);
  const [before] = await database.sql`SELECT 'product_name_search_trigrams'::regclass::oid AS oid`;
  await queueInBlocks(database, names);
  await database.sql`INSERT INTO product_names_unindexed (name) VALUES ('Name 1'), ('Another')`;
  const moved = await Promise.all([1, 2].map(() => new NameSubstringIndex(database.sql).refresh()));
  assert.equal(
    moved.reduce((sum, names) => sum + names),
    10_002,
  );
  assert.equal((await rowsOf(database, 'product_name_search')).length, 10_001);
  const [after] = await database.sql`SELECT 'product_name_search_trigrams'::regclass::oid AS oid`;
  assert.notEqual(after?.['oid'], before?.['oid']);
});

test('a search that has a snapshot blocks no indexing, and an index that is missing is built', async (t) => {
  const database = await createTestDatabase(t);
  const names = Array.from({ length: 10_000 }, (_, i) => `Name ${i}`);
  await queueInBlocks(database, names);
  const index = new NameSubstringIndex(database.sql);
  await database.sql.begin('isolation level repeatable read read only', async (reader) => {
    await reader`SELECT FROM product_name_search LIMIT 1`;
    assert.equal(await index.refresh(), 10_000);
    const [queued] = await reader`SELECT sum(cardinality(names))::int AS names FROM product_names_unindexed`;
    assert.equal(queued?.['names'], 10_000, 'it finds the names where they were');
  });

  await database.sql`DROP INDEX product_name_search_trigrams`;
  assert.equal(await index.refresh(), 0);
  assert.equal(await hasTrigramIndex(database), true);
});
