// Names and their counts, by count and by name, page by page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  ProductCount,
  ProductCountFilter,
  ProductCountOrder,
} from '../../../../src/db/catalogue/counts/count-pages.ts';
import { ProductCountStore } from '../../../../src/db/catalogue/counts/count-store.ts';
import { NameSubstringIndex } from '../../../../src/db/catalogue/names/name-substring-index.ts';
import type { Database } from '../../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { insertProducts } from '../product-fixtures.ts';

const ORDERS: ProductCountOrder[] = ['COUNT_DESC', 'NAME_ASC'];
const FILTERS: ProductCountFilter[] = [
  {},
  { namePrefix: 'a' },
  { namePrefix: '' },
  { namePrefix: '\uffff' },
  { namePrefix: '😀' },
  { namePrefix: 'nobody' },
  { minProductCount: 2 },
  { minProductCount: 0 },
  { minProductCount: 99 },
  { namePrefix: 'a', minProductCount: 3 },
  { nameContains: 'A' },
  { nameContains: 'b' },
  { nameContains: 'é' },
  { nameContains: '' },
  { nameContains: '%' },
  { nameContains: 'nobody' },
  { nameContains: 'a', minProductCount: 2 },
  { nameContains: '😀', namePrefix: 'a' },
];

test('paging returns what a sorted query returns, in both orders, with exact totals', async (t) => {
  const database = await createTestDatabase(t);
  const names = ['a', 'aa', 'ab', 'B', 'b', 'é', '\uffff', '\uffffx', '😀', '😀😀', 'aé', 'a😀'];
  await insertProducts(
    database,
    names.flatMap((name, i) =>
      Array.from({ length: 1 + (i % 4) }, (_, copy) => ({ sku: `${i}-${copy}`, name })),
    ),
  );
  const store = new ProductCountStore(database);
  for (const order of ORDERS) {
    for (const filter of FILTERS) {
      const expected = await plainQuery(database, order, filter);
      for (const size of [1, 3, 100]) {
        const what = `${order} ${JSON.stringify(filter)} by ${size}`;
        assert.deepEqual(await walk(store, order, filter, size), expected, what);
        assert.deepEqual(await walk(store, order, filter, size, true), expected, `${what}, backwards`);
      }
      assert.equal(await store.count(filter), expected.length);
    }
  }
});

test('by default, the highest count comes first, and equal counts are ordered by name', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: '1', name: 'b' },
    { sku: '2', name: 'a' },
    { sku: '3', name: 'c' },
    { sku: '4', name: 'c' },
  ]);
  const page = await new ProductCountStore(database).page({ limit: 10 });
  assert.deepEqual(
    page.rows.map(({ name, productCount }) => [name, productCount]),
    [
      ['c', 2],
      ['a', 1],
      ['b', 1],
    ],
  );
});

test('the order is the same for filters that match many names and few', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`
    INSERT INTO product_name_counts (name, product_count)
    SELECT 'name-' || i, 1 + i % 3 FROM generate_series(1, 60000) AS i`;
  const store = new ProductCountStore(database);
  await database.sql`INSERT INTO product_names_unindexed SELECT name FROM product_name_counts`;
  const filters = [
    { namePrefix: 'name-' },
    { minProductCount: 1 },
    { namePrefix: 'name-59' },
    { nameContains: 'AME-5' },
    { nameContains: 'ame-599' },
    { nameContains: '7', minProductCount: 3 },
  ];
  const lists: { order: ProductCountOrder; filter: ProductCountFilter; all: ProductCount[] }[] = [];
  for (const order of ORDERS)
    for (const filter of filters)
      lists.push({ order, filter, all: await plainQuery(database, order, filter) });
  for (const indexed of [false, true]) {
    if (indexed) await new NameSubstringIndex(database.sql).refresh();
    for (const { order, filter, all } of lists) {
      const what = `${order} ${JSON.stringify(filter)}`;
      assert.equal(await store.count(filter), all.length, what);
      const first = await store.page({ limit: 500 }, order, filter);
      const second = await store.page({ limit: 500, after: first.rows.at(-1) }, order, filter);
      assert.deepEqual([...first.rows, ...second.rows], all.slice(0, 1000), what);
      const last = await store.page({ limit: 500, backwards: true }, order, filter);
      assert.deepEqual(last.rows, all.slice(-500), what);
    }
  }
});

test('a page between two names knows whether there are rows around it', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`
    INSERT INTO product_name_counts (name, product_count)
    SELECT 'name-' || i, 1 + i % 6 FROM generate_series(1, 30) AS i`;
  const store = new ProductCountStore(database);
  for (const order of ORDERS) {
    const all = await plainQuery(database, order, {});
    for (let from = 0; from < all.length; from += 3) {
      for (let to = from + 1; to < all.length; to += 4) {
        for (const [limit, backwards] of [
          [100, false],
          [2, false],
          [2, true],
        ] as const) {
          const inside = all.slice(from + 1, to);
          const rows = backwards ? inside.slice(Math.max(inside.length - limit, 0)) : inside.slice(0, limit);
          const page = await store.page({ limit, backwards, after: all[from], before: all[to] }, order);
          assert.deepEqual(page, { rows, hasPreviousPage: true, hasNextPage: true });
        }
      }
    }
  }
});

test('counts of given names are in the same order, with 0 for a name without products', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: '1', name: 'b' },
    { sku: '2', name: 'a' },
    { sku: '3', name: 'b' },
  ]);
  const store = new ProductCountStore(database);
  assert.deepEqual(await store.of(['a', 'nobody', 'b', 'a']), [
    { name: 'a', productCount: 1 },
    { name: 'nobody', productCount: 0 },
    { name: 'b', productCount: 2 },
    { name: 'a', productCount: 1 },
  ]);
  assert.deepEqual(await store.of([]), []);
});

test('a page reads few rows, however many names have a count', async (t) => {
  // A connection of its own, for its statistics.
  const database = await createTestDatabase(t, { max: 1, hostile: false });
  const { sql } = database;
  const store = new ProductCountStore(database);
  const shapes = [
    { common: 1, rare: 2 },
    { common: 2, rare: 1 },
    { common: 3, rare: 9 },
    { common: 9, rare: 3 },
  ];
  for (const { common, rare } of shapes) {
    await sql`TRUNCATE product_name_counts`;
    await sql`
      INSERT INTO product_name_counts
      SELECT 'name ' || i, CASE WHEN i % 10000 = 0 THEN ${rare}::int ELSE ${common}::int END
      FROM generate_series(1, 30000) AS i`;
    const first = await store.page({ limit: 5 }, 'COUNT_DESC', {});
    const last = await store.page({ limit: 5, backwards: true }, 'COUNT_DESC', {});
    const windows = [
      { limit: 5 },
      { limit: 5, backwards: true },
      { limit: 5, after: first.rows[0] },
      { limit: 5, backwards: true, before: last.rows.at(-1) },
    ];
    for (const window of windows) {
      const before = await rowsRead(database);
      const page = await store.page(window, 'COUNT_DESC', {});
      assert.equal(page.rows.length, 5);
      const read = (await rowsRead(database)) - before;
      assert.ok(read < 100, `${read} rows were read, for ${JSON.stringify({ common, rare, ...window })}`);
    }
  }
});

async function rowsRead({ sql }: Database): Promise<number> {
  await sql`SELECT pg_stat_force_next_flush()`;
  const [row] = await sql<[{ rows: number }]>`
    SELECT (seq_tup_read + idx_tup_fetch)::bigint AS rows
    FROM pg_stat_user_tables WHERE relname = 'product_name_counts'`;
  return row.rows;
}

test('the histogram and the totals agree with the products', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ProductCountStore(database);
  assert.deepEqual([await store.totals(), [...(await store.histogram())]], [{ names: 0, products: 0 }, []]);
  const products = ['a', 'b', 'b', 'c', 'c', 'd', 'd', 'd', 'd', 'd'];
  await insertProducts(
    database,
    products.map((name, i) => ({ sku: `${i}`, name })),
  );
  assert.deepEqual(await store.totals(), { names: 4, products: 10 });
  assert.deepEqual(
    [...(await store.histogram())],
    [
      { productCount: 1, names: 1, products: 1 },
      { productCount: 2, names: 2, products: 4 },
      { productCount: 5, names: 1, products: 5 },
    ],
  );
});

async function plainQuery(
  { sql }: Database,
  order: ProductCountOrder,
  { namePrefix = '', nameContains = '', minProductCount = 0 }: ProductCountFilter,
): Promise<ProductCount[]> {
  const rows = await sql<
    ProductCount[]
  >`SELECT name, product_count AS "productCount" FROM product_name_counts`;
  return rows
    .filter(({ name, productCount }) => name.startsWith(namePrefix) && productCount >= minProductCount)
    .filter(({ name }) => name.toUpperCase().includes(nameContains.toUpperCase()))
    .map((row) => ({ row, bytes: Buffer.from(row.name) }))
    .sort(
      (a, b) =>
        (order === 'COUNT_DESC' ? b.row.productCount - a.row.productCount : 0) ||
        Buffer.compare(a.bytes, b.bytes),
    )
    .map(({ row }) => row);
}

async function walk(
  store: ProductCountStore,
  order: ProductCountOrder,
  filter: ProductCountFilter,
  size: number,
  backwards = false,
): Promise<ProductCount[]> {
  const found: ProductCount[] = [];
  for (let pages = 0; pages < 1000; pages++) {
    const edge = backwards ? { before: found[0] } : { after: found.at(-1) };
    const page = await store.page({ limit: size, backwards, ...edge }, order, filter);
    assert.equal(backwards ? page.hasNextPage : page.hasPreviousPage, pages > 0);
    if (backwards) found.unshift(...page.rows);
    else found.push(...page.rows);
    if (!(backwards ? page.hasPreviousPage : page.hasNextPage)) return found;
    assert.equal(page.rows.length, size);
  }
  assert.fail('the pages do not end');
}
