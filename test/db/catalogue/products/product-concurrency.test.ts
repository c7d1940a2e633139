// Many clients rename products at once, from A to B and from B to A: no update fails, and counts are always exact.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import { type Database, openDatabase } from '../../../../src/db/postgres/connection/database.ts';
import { COUNTS_LOCK } from '../../../../src/db/postgres/locks/advisory-locks.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { releaseAfter } from '../../../support/release.ts';
import { assertCountsAreExact, insertProducts } from '../product-fixtures.ts';

const NAMES = ['Anchor', 'Buoy', 'Élan', '\uffff', '😀'];

for (const { what, products, rounds } of [
  { what: 'many products share few names', products: 40, rounds: 6 },
  { what: 'names come and go with single products', products: 6, rounds: 60 },
]) {
  test(`renames in opposite directions do not deadlock, and every reader sees exact counts, where ${what}`, async (t) => {
    const database = await createTestDatabase(t);
    const skus = Array.from({ length: products }, (_, i) => `sku-${i}`);
    await insertProducts(
      database,
      skus.map((sku, i) => ({ sku, name: nameOf(i) })),
    );
    await renameAll(database, skus, rounds);
  });
}

test('concurrent updates of one product are serialized', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [{ sku: 'one', name: 'Anchor' }]);
  const store = new ProductStore(database);
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => store.update('one', { name: nameOf(i), description: `${i}` })),
  );
  await assertCountsAreExact(database);
});

test('a rename waits for a merge that writes counts; a new description does not', async (t) => {
  const database = await createTestDatabase(t);
  await insertProducts(database, [
    { sku: 'one', name: 'Anchor' },
    { sku: 'two', name: 'Anchor' },
  ]);
  const merge = openDatabase(database.url, { max: 1 });
  releaseAfter(t, () => merge.close());
  const store = new ProductStore(database);
  let renamed: Promise<unknown> = Promise.resolve();
  let isRenamed = false;
  await merge.sql.begin(async (sql) => {
    await sql`SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`;
    renamed = store.update('one', { name: 'Buoy' }).then(() => {
      isRenamed = true;
    });
    await waitUntilBlocked(database);
    assert.equal((await store.update('two', { description: 'heavy' })).description, 'heavy');
    assert.equal(isRenamed, false);
  });
  await renamed;
  await assertCountsAreExact(database);
});

const MIN_SAMPLES = 4;
const MAX_ROUNDS = 1000;

/** Half of the products go through the names forwards, half backwards, all at once. */
async function renameAll(database: Database, skus: string[], rounds: number): Promise<void> {
  const store = new ProductStore(database);
  let renaming = true;
  let samples = 0;
  const renames = skus.map(async (sku, i) => {
    for (let round = 1; round <= rounds || (samples < MIN_SAMPLES && round <= MAX_ROUNDS); round++) {
      await store.update(sku, { name: nameOf(i + (i % 2 === 0 ? round : -round)) });
    }
  });
  const renamed = Promise.allSettled(renames).finally(() => {
    renaming = false;
  });
  const sampled = (async () => {
    for (; renaming; samples++) await assertCountsAreExact(database);
  })();
  // Wait for all of it before asserting: closing the database under running queries would hide the cause.
  await Promise.allSettled([renamed, sampled]);
  const failed = (await renamed).filter(({ status }) => status === 'rejected');
  assert.deepEqual(failed, []);
  await sampled;
  assert.ok(samples >= MIN_SAMPLES, `only ${samples} samples were taken while names moved`);
  await assertCountsAreExact(database);
}

function nameOf(i: number): string {
  return NAMES[((i % NAMES.length) + NAMES.length) % NAMES.length] ?? '';
}

async function waitUntilBlocked({ sql }: Database): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const [waiting] = await sql`
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    if (waiting) return;
  }
  assert.fail('the rename does not wait');
}
