// Every filter and every order, before and after their indexes are built, give what plain JavaScript gives for a small
// catalogue of hostile texts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NameSubstringIndex } from '../../../../src/db/catalogue/names/name-substring-index.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import type { ProductFilter } from '../../../../src/db/catalogue/search/product-filter.ts';
import {
  hasIndexes,
  mergePendingSkus,
  restoreIndexes,
} from '../../../../src/db/catalogue/search/product-indexes.ts';
import type { ListedProduct, ProductOrder } from '../../../../src/db/catalogue/search/product-order.ts';
import type { Database } from '../../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { insertProducts } from '../product-fixtures.ts';

const ORDERS: ProductOrder[] = [
  'SKU_ASC',
  'SKU_DESC',
  'NAME_ASC',
  'NAME_DESC',
  'UPDATED_AT_ASC',
  'UPDATED_AT_DESC',
];
/** Pieces of which SKUs, names, descriptions and searches are made. */
const PIECES = [
  ...[
    'abc',
    'ABC',
    'aBc-12',
    '-12-',
    '12',
    '1',
    'x',
    ' ',
    '%',
    '_',
    '\\',
    "'",
    '"',
    '100%',
    'a_b',
    '--',
    '\\%',
  ],
  ...[
    'İ',
    'i',
    'I',
    'ı',
    'ß',
    'ẞ',
    'SS',
    'e\u0301',
    'É',
    'é',
    'ΟΔΟΣ',
    'οδος',
    'ДОМ',
    'дом',
    '日本',
    '😀',
    '\u00a0',
  ],
  'w'.repeat(60),
];
const text = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const words = fc.array(text, { maxLength: 3 }).map((each) => each.join(' ').split(/\s+/u).filter(Boolean));
const filter: fc.Arbitrary<ProductFilter> = fc.oneof(
  fc.record({ words, inDescription: fc.boolean() }),
  fc.record({ skuContains: text }),
  fc.record(
    {
      words,
      skuContains: text,
      nameContains: text,
      search: text,
      skuPrefix: text,
      name: text,
      inDescription: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
);

interface Row {
  sku: string;
  name: string;
  description: string;
  micros: number;
}

test('what a filter finds in an order does not depend on which indexes there are', async (t) => {
  const database = await createTestDatabase(t);
  const rows = await fill(database);
  const store = new ProductStore(database);
  const stages = [
    async () => {},
    async () => {
      await store.page({ limit: 1 }, { skuContains: 'a' }, 'UPDATED_AT_DESC');
      await restoreIndexes(database.sql);
      assert.equal(await hasIndexes(database.sql), true);
      // Some are only in its list of pending entries.
      await database.sql`
        INSERT INTO products (sku, name, description, updated_at)
        SELECT sku || '-12-moved', name, description, updated_at FROM products WHERE sku LIKE '%x%'`;
      await database.sql`DELETE FROM products WHERE sku LIKE '%x%' AND sku NOT LIKE '%-12-moved'`;
      for (const row of rows) if (row.sku.includes('x')) row.sku += '-12-moved';
      await new NameSubstringIndex(database.sql).refresh();
    },
    async () => {
      await mergePendingSkus(database.sql);
      await database.sql`DROP INDEX products_name`;
    },
  ];
  for (const [seed, stage] of stages.entries()) {
    await stage();
    await fc.assert(
      fc.asyncProperty(
        filter,
        fc.constantFrom(...ORDERS),
        fc.constantFrom(1, 3, 100),
        fc.boolean(),
        async (f, order, size, backwards) => {
          const expected = plainQuery(rows, f, order);
          const pages = size === 100 ? undefined : 3;
          assert.deepEqual(
            await walk(store, f, order, { size, backwards, pages }),
            part(expected, size, backwards, pages),
          );
          assert.equal(await store.count(f), expected.length);
        },
      ),
      { numRuns: 40, seed },
    );
  }
});

test('a name with many products, and a text in many names, are listed by name', async (t) => {
  const database = await createTestDatabase(t);
  const { sql } = database;
  await sql`
    INSERT INTO products (sku, name, description)
    SELECT CASE WHEN i > 28500 THEN 'x-Bolt-' ELSE 'sku-' END || i,
      CASE WHEN i <= 7000 THEN 'Aaa ' || i WHEN i <= 28500 THEN 'Big Bolt' ELSE 'Cog' END, ''
    FROM generate_series(1, 28520) AS i`;
  await sql`INSERT INTO product_name_counts SELECT name, count(*) FROM products GROUP BY name`;
  await sql`INSERT INTO product_names_unindexed SELECT name FROM product_name_counts`;
  const store = new ProductStore(database);
  const rows = await sql<Row[]>`SELECT sku, name, description, 0 AS micros FROM products`;
  for (const isIndexed of [false, true]) {
    if (isIndexed) await restoreIndexes(sql);
    for (const f of [{ words: ['bolt'] }, { search: 'bolt' }, { skuContains: 'x-b' }, {}]) {
      for (const order of ['NAME_ASC', 'NAME_DESC'] as const) {
        const expected = plainQuery(rows, f, order);
        for (const backwards of [false, true]) {
          const found = await walk(store, f, order, { size: 15, backwards, pages: 2 });
          const message = JSON.stringify([f, order, backwards, isIndexed]);
          assert.deepEqual(found, part(expected, 15, backwards, 2), message);
        }
      }
    }
  }
});

async function fill(database: Database): Promise<Row[]> {
  const [names, skus, descriptions] = [11, 12, 13].map((seed) => fc.sample(text, { numRuns: 120, seed }));
  const rows = [...new Set(skus)].map((sku, i) => ({
    sku,
    name: names?.[i % 80] ?? '',
    description: descriptions?.[i] ?? '',
    micros: 1_700_000_000_000_000 + (i % 7),
  }));
  await insertProducts(database, rows);
  await database.sql`
    UPDATE products SET updated_at = to_timestamp(micros / 1e6::float8)
    FROM unnest(${rows.map(({ sku }) => sku)}::text[], ${rows.map(({ micros }) => String(micros))}::text[]::bigint[]) AS each (key, micros)
    WHERE sku = key`;
  return rows;
}

/** Filters and sorts in JavaScript, to have an implementation independent of the SQL. */
function plainQuery(rows: Row[], f: ProductFilter, order: ProductOrder): string[] {
  const fold = (value: string) => value.toLowerCase().replaceAll('ς', 'σ');
  const has = (value: string, part: string) => fold(value).includes(fold(part));
  const found = rows.filter(
    ({ sku, name, description }) =>
      (f.name === undefined || name === f.name) &&
      (f.skuPrefix === undefined || sku.startsWith(f.skuPrefix)) &&
      (f.skuContains === undefined || has(sku, f.skuContains)) &&
      (f.nameContains === undefined || has(name, f.nameContains)) &&
      (f.search === undefined || sku.startsWith(f.search) || has(name, f.search)) &&
      (f.words ?? []).every(
        (word) => has(sku, word) || has(name, word) || (f.inDescription === true && has(description, word)),
      ),
  );
  const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const bySku = (a: Row, b: Row) => bytes(a.sku, b.sku);
  const compare = order.startsWith('SKU')
    ? bySku
    : order.startsWith('NAME')
      ? (a: Row, b: Row) => bytes(a.name, b.name) || bySku(a, b)
      : (a: Row, b: Row) => a.micros - b.micros || bySku(a, b);
  const skus = found.toSorted(compare).map(({ sku }) => sku);
  return order.endsWith('DESC') ? skus.toReversed() : skus;
}

interface Walk {
  size: number;
  backwards: boolean;
  /** The most pages to read; undefined: all. */
  pages: number | undefined;
}

function part(all: string[], size: number, backwards: boolean, pages = Number.POSITIVE_INFINITY): string[] {
  const most = Math.min(size * pages, all.length);
  return backwards ? all.slice(all.length - most) : all.slice(0, most);
}

async function walk(
  store: ProductStore,
  f: ProductFilter,
  order: ProductOrder,
  { size, backwards, pages }: Walk,
) {
  const found: string[] = [];
  let edge: ListedProduct | undefined;
  for (let read = 0; read < (pages ?? 1000); read++) {
    const page = await store.page(
      { limit: size, backwards, [backwards ? 'before' : 'after']: edge },
      f,
      order,
    );
    assert.equal(backwards ? page.hasNextPage : page.hasPreviousPage, read > 0);
    const skus = page.rows.map(({ sku }) => sku);
    if (backwards) found.unshift(...skus);
    else found.push(...skus);
    if (!(backwards ? page.hasPreviousPage : page.hasNextPage)) break;
    assert.equal(skus.length, size);
    edge = backwards ? page.rows[0] : page.rows.at(-1);
  }
  return found;
}
