// Names and their counts, by count and by name, page by page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../../src/db/client.ts';
import {
  type ProductCount,
  type ProductCountFilter,
  type ProductCountOrder,
  ProductCountStore,
} from '../../src/db/product-count-store.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertProducts } from './product-fixtures.ts';

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
];

test('a page walk gives what a sorted query gives, in both orders, with exact totals', async (t) => {
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
      }
      assert.equal(await store.count(filter), expected.length);
    }
  }
});

test('unless told otherwise the most frequent name comes first, equal ones by name', async (t) => {
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

test('many names behind a filter come in the same order as few', async (t) => {
  const database = await createTestDatabase(t);
  await database.sql`
    INSERT INTO product_name_counts (name, product_count)
    SELECT 'name-' || i, 1 + i % 3 FROM generate_series(1, 60000) AS i`;
  const store = new ProductCountStore(database);
  const filters = [{ namePrefix: 'name-' }, { minProductCount: 1 }, { namePrefix: 'name-59' }];
  for (const order of ORDERS) {
    for (const filter of filters) {
      const expected = (await plainQuery(database, order, filter)).slice(0, 1000);
      const first = await store.page({ limit: 500 }, order, filter);
      const second = await store.page({ limit: 500, after: first.rows.at(-1) }, order, filter);
      assert.deepEqual([...first.rows, ...second.rows], expected, `${order} ${JSON.stringify(filter)}`);
    }
  }
});

async function plainQuery(
  { sql }: Database,
  order: ProductCountOrder,
  { namePrefix = '', minProductCount = 0 }: ProductCountFilter,
): Promise<ProductCount[]> {
  const rows = await sql<
    ProductCount[]
  >`SELECT name, product_count AS "productCount" FROM product_name_counts`;
  return rows
    .filter(({ name, productCount }) => name.startsWith(namePrefix) && productCount >= minProductCount)
    .sort(
      (a, b) =>
        (order === 'COUNT_DESC' ? b.productCount - a.productCount : 0) ||
        Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
    );
}

async function walk(
  store: ProductCountStore,
  order: ProductCountOrder,
  filter: ProductCountFilter,
  size: number,
): Promise<ProductCount[]> {
  const found: ProductCount[] = [];
  for (let pages = 0; pages < 1000; pages++) {
    const page = await store.page({ limit: size, after: found.at(-1) }, order, filter);
    assert.equal(page.hasPreviousPage, pages > 0);
    found.push(...page.rows);
    if (!page.hasNextPage) return found;
  }
  assert.fail('the pages do not end');
}
