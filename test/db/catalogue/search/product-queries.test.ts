// Products are found by every filter, and paging in either direction returns the same list as a plain query.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NameSubstringIndex } from '../../../../src/db/catalogue/names/name-substring-index.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import type { ProductFilter } from '../../../../src/db/catalogue/search/product-filter.ts';
import { hasAtMost } from '../../../../src/db/catalogue/search/product-order.ts';
import { readProducts } from '../../../../src/db/catalogue/search/product-queries.ts';
import type { Database } from '../../../../src/db/postgres/connection/database.ts';
import { inOneSnapshot } from '../../../../src/db/postgres/snapshot.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { insertProducts } from '../product-fixtures.ts';

const NAMES = [
  'Michael Smith',
  'michael smithson',
  'MICHAELA',
  '100% wool',
  '100_percent',
  'back\\slash',
  'Élodie',
  'ÉLODIE',
  'ΟΔΟΣ',
  'οδος ΟΔΟΣΑ',
  'x',
  '😀 smile',
  ' spaced ',
  'Straße',
];
const SKUS = [
  'a',
  'A',
  'aa',
  'ab',
  'ab-',
  'b',
  'Z',
  'é',
  'ê',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '😀\u{10ffff}',
];

const FILTERS: ProductFilter[] = [
  {},
  { name: 'Michael Smith' },
  { name: 'nobody' },
  { skuPrefix: 'a' },
  { skuPrefix: 'ab' },
  { skuPrefix: '' },
  { skuPrefix: '😀' },
  { skuPrefix: '\uffff' },
  { skuPrefix: '😀\u{10ffff}' },
  { nameContains: 'ICHAEL' },
  { nameContains: 'smith' },
  { nameContains: 'élod' },
  { nameContains: 'ΔΟΣ' },
  { nameContains: 'i' },
  { nameContains: '%' },
  { nameContains: '_' },
  { nameContains: '\\' },
  { nameContains: ' ' },
  { nameContains: '' },
  { nameContains: 'nowhere' },
  { nameContains: 'ichael', skuPrefix: 'a' },
  { nameContains: 'ichael', name: 'MICHAELA' },
  { nameContains: 'ichael', name: 'x' },
  { name: 'x', skuPrefix: 'ab' },
  { search: 'ab' },
  { search: 'a' },
  { search: 'ICHAEL' },
  { search: 'x' },
  { search: '😀' },
  { search: '%' },
  { search: '' },
  { search: 'nowhere' },
  { search: 'a', skuPrefix: 'ab' },
  { search: 'ab', nameContains: 'ichael' },
  { search: 'b', name: 'x' },
];

async function smallCatalogue(t: TestContext): Promise<Database> {
  const database = await createTestDatabase(t);
  const products = SKUS.flatMap((sku, i) =>
    NAMES.slice(0, 4 + (i % 3) * 5).map((name, j) => ({ sku: `${sku}${'abc'[j % 3]}${j}`, name })),
  );
  await insertProducts(database, products);
  return database;
}

test('paging in either direction returns what a sorted query returns, with exact totals', async (t) => {
  const database = await smallCatalogue(t);
  const store = new ProductStore(database);
  const products = await allProducts(database);
  for (const filter of FILTERS) {
    const expected = plainQuery(products, filter);
    for (const size of [expected.length > 20 ? 5 : 1, 17, 500]) {
      assert.deepEqual(
        await walk(store, filter, size, false),
        expected,
        `${JSON.stringify(filter)} by ${size}`,
      );
      assert.deepEqual(
        await walk(store, filter, size, true),
        expected,
        `${JSON.stringify(filter)} by -${size}`,
      );
    }
    assert.equal(await store.count(filter), expected.length, JSON.stringify(filter));
  }
});

test('a page between two cursors knows whether there are rows around it', async (t) => {
  const database = await smallCatalogue(t);
  const store = new ProductStore(database);
  const products = await allProducts(database);
  const all = plainQuery(products, {});
  for (const [from, to] of [
    [3, 9],
    [3, 4],
    [0, all.length - 1],
  ] as const) {
    for (const limit of [0, 2, 100]) {
      for (const backwards of [false, true]) {
        const inside = all.slice(from + 1, to);
        const rows = backwards ? inside.slice(Math.max(inside.length - limit, 0)) : inside.slice(0, limit);
        const [after, before] = [{ sku: all[from] ?? '' }, { sku: all[to] ?? '' }];
        const page = await store.page({ limit, backwards, after, before });
        assert.deepEqual(
          page.rows.map((row) => row.sku),
          rows,
        );
        assert.equal(page.hasPreviousPage, true);
        assert.equal(page.hasNextPage, true);
      }
    }
  }
});

test('common text in names is found as reliably as rare text', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`
    INSERT INTO products (sku, name, description)
    SELECT 'sku-' || i, CASE WHEN i % 1000 = 0 THEN 'Rare Find ' ELSE 'Common Thing ' END || (i % 7000), ''
    FROM generate_series(1, 25000) AS i`;
  await database.sql`INSERT INTO product_name_counts SELECT name, count(*) FROM products GROUP BY name`;
  await database.sql`INSERT INTO product_names_unindexed SELECT name FROM product_name_counts`;
  const store = new ProductStore(database);
  const products = await allProducts(database);
  const filters = [
    { nameContains: 'common' },
    { nameContains: 'rare' },
    { nameContains: 'common', skuPrefix: 'sku-24' },
    { nameContains: 'thing 69' },
    { search: 'thing' },
    { search: 'rare' },
    { search: 'sku-24' },
    { search: 'sku-24', nameContains: 'common' },
  ];
  for (const indexed of [false, true]) {
    if (indexed) await new NameSubstringIndex(database.sql).refresh();
    for (const filter of filters) {
      const expected = plainQuery(products, filter);
      assert.ok(expected.length > 0);
      assert.deepEqual(await walk(store, filter, 2_500, false), expected, JSON.stringify(filter));
      assert.deepEqual(await walk(store, filter, 2_500, true), expected, JSON.stringify(filter));
      assert.equal(await store.count(filter), expected.length);
    }
  }
});

test('text in the names of a few thousand products that are next to each other is found', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`
    INSERT INTO products (sku, name, description)
    SELECT 'sku-' || i, CASE WHEN i BETWEEN 17000 AND 21999 THEN 'Late ' ELSE 'Other ' END || (i % 500), ''
    FROM generate_series(1, 25000) AS i`;
  await database.sql`INSERT INTO product_name_counts SELECT name, count(*) FROM products GROUP BY name`;
  await database.sql`INSERT INTO product_names_unindexed SELECT name FROM product_name_counts`;
  await database.sql`ANALYZE products`;
  const store = new ProductStore(database);
  const products = await allProducts(database);
  for (const filter of [{ nameContains: 'late' }, { search: 'late' }]) {
    const expected = plainQuery(products, filter);
    assert.equal(expected.length, 5000);
    assert.deepEqual(await walk(store, filter, 400, false), expected);
    assert.deepEqual(await walk(store, filter, 400, true), expected);
  }
});

interface Listed {
  sku: string;
  name: string;
}

async function allProducts({ sql }: Database): Promise<Listed[]> {
  const rows = await sql<Listed[]>`SELECT sku, name FROM products`;
  return rows.toSorted((a, b) => Buffer.compare(Buffer.from(a.sku), Buffer.from(b.sku)));
}

/** Filters in JavaScript, to have an implementation independent of the SQL. */
function plainQuery(products: Listed[], filter: ProductFilter): string[] {
  const fold = (text: string) => text.toUpperCase();
  return products
    .filter(({ name }) => filter.name === undefined || name === filter.name)
    .filter(({ name }) => filter.nameContains === undefined || fold(name).includes(fold(filter.nameContains)))
    .filter(({ sku }) => filter.skuPrefix === undefined || sku.startsWith(filter.skuPrefix))
    .filter(
      ({ sku, name }) =>
        filter.search === undefined ||
        sku.startsWith(filter.search) ||
        fold(name).includes(fold(filter.search)),
    )
    .map(({ sku }) => sku);
}

async function walk(store: ProductStore, filter: ProductFilter, size: number, backwards: boolean) {
  const found: string[] = [];
  let edge: { sku: string } | undefined;
  for (let pages = 0; pages < 1000; pages++) {
    const window = { limit: size, backwards, [backwards ? 'before' : 'after']: edge };
    const page = await store.page(window, filter);
    const skus = page.rows.map(({ sku }) => sku);
    const isFirst = pages === 0;
    assert.equal(backwards ? page.hasNextPage : page.hasPreviousPage, !isFirst);
    if (backwards) found.unshift(...skus);
    else found.push(...skus);
    if (!(backwards ? page.hasPreviousPage : page.hasNextPage)) return found;
    assert.equal(skus.length, size);
    edge = backwards ? page.rows[0] : page.rows.at(-1);
  }
  assert.fail('the pages do not end');
}

test('a small catalogue is not read once more when all of it has been looked at', async (t) => {
  const database = await createTestDatabase(t);
  const skus = ['a', 'b', 'c', 'd', 'e'];
  await insertProducts(
    database,
    skus.map((sku) => ({ sku, name: 'a name', description: 'a description' })),
  );
  await inOneSnapshot(database, async (sql) => {
    const filter = { words: ['nowhere'], inDescription: true };
    const page = await readProducts(sql, { limit: 10 }, filter, 'SKU_ASC');
    assert.deepEqual(page.rows, []);
    // It is off once all of the table is read.
    const [plan] = await sql`SHOW enable_indexscan`;
    assert.equal(plan?.['enable_indexscan'], 'on');
    const reading = { range: {}, direction: 'ascending' as const };
    const after = { from: { key: { sku: 'b' }, isInclusive: false } };
    for (const by of ['SKU', 'UPDATED_AT'] as const) {
      assert.equal(await hasAtMost(sql, by, { ...reading, rows: skus.length }), true);
      assert.equal(await hasAtMost(sql, by, { ...reading, rows: skus.length - 1 }), false);
    }
    assert.equal(await hasAtMost(sql, 'SKU', { ...reading, range: after, rows: 3 }), true);
    assert.equal(await hasAtMost(sql, 'SKU', { ...reading, range: after, rows: 2 }), false);
    assert.equal(await hasAtMost(sql, 'SKU', { ...reading, prefix: 'c', rows: 1 }), true);
  });
});
