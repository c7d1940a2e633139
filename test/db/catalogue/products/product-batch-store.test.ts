// Many products are changed or deleted at once: each stands for itself, and counts are exact.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { COUNTS_CHANNEL } from '../../../../src/db/catalogue/counts/count-store.ts';
import { ProductChangeStore } from '../../../../src/db/catalogue/history/product-change-store.ts';
import { NEXT_VERSION } from '../../../../src/db/catalogue/product-version.ts';
import {
  ProductBatchStore,
  type ProductEdit,
} from '../../../../src/db/catalogue/products/product-batch-store.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import { COUNTS_LOCK } from '../../../../src/db/postgres/locks/advisory-locks.ts';
import { openCounted } from '../../../support/database/count-statements.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { assertCountsAreExact, insertProducts } from '../product-fixtures.ts';

test('products are renamed and deleted together, each for itself', async (t) => {
  const database = await createTestDatabase(t);
  const { sql } = database;
  const [batches, products, changes] = [
    new ProductBatchStore(database, { maxDescriptionLength: 10 }),
    new ProductStore(database),
    new ProductChangeStore(database),
  ];
  await insertProducts(database, [
    { sku: 'a', name: 'Ann', description: 'x' },
    { sku: 'b', name: 'Ann' },
    { sku: 'c', name: 'Bob' },
    { sku: 'd', name: 'Dan' },
    { sku: 'e', name: 'Eve' },
  ]);
  const names = async () => {
    const found = await sql`SELECT name, product_count FROM product_name_counts ORDER BY name`;
    return Object.fromEntries(found.map(({ name, product_count }) => [name, product_count]));
  };

  await t.test('what cannot be done is told, and the rest is done', async () => {
    const read = await products.get('d');
    const current = await products.update('d', { description: 'newer' });
    const results = await batches.update([
      { sku: 'gone', name: 'Bob' },
      { sku: 'b', name: 'Bob' },
      { sku: 'a', name: 'Bob', description: 'y' },
      { sku: 'c', name: 'Bob' },
      { sku: 'd', name: 'Bob', updatedAt: read?.updatedAt },
      { sku: 'e', name: '  ' },
      { sku: 'e ', description: 'too long a text' },
      { sku: 'x\0', name: 'Bob' },
    ]);
    assert.deepEqual(results.map(summaryOf), [
      'gone FAILED NOT_FOUND',
      'b UPDATED Bob/',
      'a UPDATED Bob/y',
      'c UNCHANGED Bob/',
      'd FAILED Dan/newer CONFLICT',
      'e FAILED BAD_USER_INPUT name',
      'e  FAILED BAD_USER_INPUT description',
      'x\0 FAILED NOT_FOUND',
    ]);
    assert.deepEqual(results[4]?.product, current);
    assert.deepEqual(await names(), { Bob: 3, Dan: 1, Eve: 1 });
    assert.deepEqual(results[2]?.product, await products.get('a'));
  });

  await t.test('each change is in the history, with what was before', async () => {
    const { rows } = await changes.history('a', { limit: 5 });
    assert.deepEqual(
      rows.map(({ kind, importNumber, before, after }) => [kind, importNumber, before?.name, after?.name]),
      [
        ['UPDATED', 0, 'Ann', 'Bob'],
        ['INSERTED', 0, undefined, 'Ann'],
      ],
    );
    assert.equal((await changes.history('c', { limit: 5 })).rows.length, 1);
  });

  await t.test('names that swap keep their counts, and a new version is later', async () => {
    const before = await products.get('d');
    const swapped = await batches.update([
      { sku: 'd', name: 'Eve' },
      { sku: 'e', name: 'Dan' },
    ]);
    assert.deepEqual(swapped.map(summaryOf), ['d UPDATED Eve/newer', 'e UPDATED Dan/']);
    assert.ok((swapped[0]?.product?.updatedAt ?? 0) > (before?.updatedAt ?? 0));
    assert.deepEqual(await names(), { Bob: 3, Dan: 1, Eve: 1 });
  });

  await t.test('deletions likewise, and claims of data sources go', async () => {
    await sql`INSERT INTO source_products (sku, source_id) VALUES ('a', ${randomUUID()}), ('c', ${randomUUID()})`;
    const c = await products.get('c');
    const changed = await products.update('c', { name: 'Cid' });
    const results = await batches.delete([
      { sku: 'b' },
      { sku: 'c', updatedAt: c?.updatedAt },
      { sku: 'a', updatedAt: (await products.get('a'))?.updatedAt },
      { sku: 'gone' },
    ]);
    assert.deepEqual(results.map(summaryOf), [
      'b DELETED Bob/',
      'c FAILED Cid/ CONFLICT',
      'a DELETED Bob/y',
      'gone FAILED NOT_FOUND',
    ]);
    assert.deepEqual(results[1]?.product, changed);
    assert.deepEqual(await names(), { Cid: 1, Dan: 1, Eve: 1 });
    assert.deepEqual([...(await sql`SELECT sku FROM source_products`)], [{ sku: 'c' }]);
    const { rows } = await changes.history('b', { limit: 1 });
    assert.deepEqual([rows[0]?.kind, rows[0]?.before?.name, rows[0]?.after], ['DELETED', 'Bob', null]);
  });

  await t.test('nothing valid writes nothing', async () => {
    assert.deepEqual(await batches.update([]), []);
    assert.deepEqual((await batches.update([{ sku: 'd' }])).map(summaryOf), ['d FAILED BAD_USER_INPUT']);
  });
  await assertCountsAreExact(database);
});

test('batches that share products and names in other orders do not deadlock, and counts stay exact', async (t) => {
  const database = await createTestDatabase(t, { max: 8 });
  const skus = Array.from({ length: 40 }, (_, index) => `sku-${index}`);
  await insertProducts(
    database,
    skus.map((sku, index) => ({ sku, name: `Name ${index % 5}` })),
  );
  const batches = new ProductBatchStore(database);
  const products = new ProductStore(database);
  const rounds = async (turn: number) => {
    for (let round = 0; round < 8; round++) {
      const edits = skus.map((sku, index) => ({ sku, name: `Name ${(index * (turn + 1) + round) % 7}` }));
      const results = await batches.update(turn % 2 === 0 ? edits : edits.toReversed());
      assert.ok(results.every(({ error }) => error === null));
      await products.update(skus[(round * 7 + turn) % 40] ?? '', { name: `Single ${round}` });
      await assertCountsAreExact(database);
    }
  };
  await Promise.all([0, 1, 2, 3].map(rounds));
  const half = skus.slice(0, 20).map((sku) => ({ sku }));
  const deleted = await Promise.all([batches.delete(half), batches.delete(half.toReversed())]);
  const outcomes = deleted.flat().map(({ outcome }) => outcome);
  assert.equal(outcomes.filter((outcome) => outcome === 'DELETED').length, 20, 'each is deleted once');
  await assertCountsAreExact(database);
});

test('a batch is one round trip, by functions that have the lock, the channel and the next version', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: 'a', name: 'Ann' },
    { sku: 'b', name: 'Bob' },
  ]);
  const distant = await openCounted(t, database);
  const batches = new ProductBatchStore(distant.database);
  await batches.update([{ sku: 'a', name: 'Bob' }]);
  const action = () => batches.update(['a', 'b'].map((sku) => ({ sku, name: 'Cid' })));
  assert.equal((await distant.sentBy(action)).roundTrips, 1);

  const sourceOf = async (name: string) => {
    const [found] = await database.sql<{ source: string }[]>`
      SELECT prosrc AS source FROM pg_proc WHERE proname = ${name}`;
    return found?.source ?? '';
  };
  const counting = await sourceOf('change_name_counts');
  assert.ok(counting.includes(`pg_advisory_xact_lock_shared(${COUNTS_LOCK})`));
  assert.ok(counting.includes(`pg_notify('${COUNTS_CHANNEL}', '')`));
  const nextVersion = NEXT_VERSION.replace('products.updated_at', 'judged.old_version');
  assert.ok((await sourceOf('update_products')).includes(nextVersion));
});

function summaryOf({ sku, outcome, product, error }: ProductEdit): string {
  const values = product && `${product.name}/${product.description}`;
  return [sku, outcome, values, error?.code, error?.field].filter(Boolean).join(' ');
}
