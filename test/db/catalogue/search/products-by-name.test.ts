// A page of the products of each name is what a plain query finds, for names with one product and with most of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductCountStore } from '../../../../src/db/catalogue/counts/count-store.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import type { Window } from '../../../../src/db/postgres/sql/keyset.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { insertProducts } from '../product-fixtures.ts';

const WINDOWS: Window<string>[] = [
  { limit: 0 },
  { limit: 3 },
  { limit: 500 },
  { limit: 3, after: 'sku-100' },
  { limit: 500, after: 'sku-100', before: 'sku-110' },
  { limit: 3, backwards: true },
  { limit: 3, backwards: true, before: 'sku-100' },
  { limit: 500, backwards: true, after: 'sku-199' },
  { limit: 2, after: '😀' },
];

test('each name gets its page, whether it has one product or most of them', async (t) => {
  const database = await createTestDatabase(t);
  const rows = Array.from({ length: 200 }, (_, i) => ({
    sku: `sku-${String(i).padStart(3, '0')}`,
    name: i % 20 === 0 ? `rare ${i}` : i % 7 === 0 ? 'some' : 'common',
  }));
  await insertProducts(database, [...rows, { sku: '\uffff', name: 'some' }, { sku: '😀', name: 'some' }]);
  const store = new ProductStore(database);
  const counts = await new ProductCountStore(database).of([
    'some',
    'rare 40',
    'common',
    'nobody',
    'rare 100',
  ]);

  const pageOf = async ({ after, before, ...window }: Window<string>, name: string) => {
    const keys = {
      ...window,
      after: after === undefined ? undefined : { sku: after },
      before: before === undefined ? undefined : { sku: before },
    };
    const page = await store.page(keys, { name });
    return { ...page, rows: page.rows.map(({ updatedMicros: _, ...product }) => product) };
  };
  const expected = await Promise.all(
    WINDOWS.map((window) => Promise.all(counts.map(({ name }) => pageOf(window, name)))),
  );
  const comparePages = async (message: string) => {
    for (const [at, window] of WINDOWS.entries()) {
      const pages = await store.pagesOf(counts, window);
      assert.deepEqual(pages, expected[at], `${message}, ${JSON.stringify(window)}`);
    }
  };
  await comparePages('without statistics');
  await database.sql`ANALYZE products`;
  await comparePages('with statistics');
  await database.sql`DROP INDEX products_name`;
  await comparePages('without the index of names');
  assert.deepEqual(await store.pagesOf([], { limit: 1 }), []);
});
