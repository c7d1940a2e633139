// Subscribers are notified of changes to counts by any process: promptly, at a limited rate, and with current values.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ProductCountChange, ProductCountFeed } from '../../../../src/db/catalogue/counts/count-feed.ts';
import { ProductCountStore } from '../../../../src/db/catalogue/counts/count-store.ts';
import { ProductStore } from '../../../../src/db/catalogue/products/product-store.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { releaseAfter } from '../../../support/release.ts';
import { waitUntil } from '../../../support/wait-until.ts';
import { insertProducts } from '../product-fixtures.ts';

async function startFeed(t: TestContext, pauseMs = 20) {
  const database = await createTestDatabase(t);
  await insertProducts(
    database,
    Array.from({ length: 20 }, (_, i) => ({ sku: `${i}`, name: i < 15 ? 'Lamp' : 'Lantern' })),
  );
  const feed = new ProductCountFeed(database, new ProductCountStore(database), pauseMs);
  releaseAfter(t, () => feed.close());
  await feed.start();
  return { database, feed, products: new ProductStore(database) };
}

function collect(watch: AsyncIterable<ProductCountChange>) {
  const changes: ProductCountChange[] = [];
  const ended = (async () => {
    for await (const change of watch) changes.push(change);
  })();
  const counts = () => changes.map((change) => change.counts.map(({ productCount }) => productCount));
  return { changes, counts, ended };
}

test('the counts are sent immediately, and again when they have changed', async (t) => {
  const { feed, products } = await startFeed(t);
  const watch = feed.watch(['Lamp', 'Lantern', 'Candle']);
  const { counts, ended } = collect(watch);
  await waitUntil('the first has come', () => counts().length === 1);
  await products.update('0', { name: 'Candle' });
  await waitUntil('the second has come', () => counts().length === 2);
  assert.deepEqual(counts(), [
    [15, 5, 0],
    [14, 5, 1],
  ]);
  await watch.return?.();
  await ended;
});

test('nothing is sent if nothing changes, or only other names change', async (t) => {
  const { feed, products } = await startFeed(t);
  const [lamps, all] = [feed.watch(['Lamp']), feed.watch(undefined)];
  const [ofLamps, ofAll] = [collect(lamps), collect(all)];
  await waitUntil('the first have come', () => ofLamps.changes.length === 1 && ofAll.changes.length === 1);
  await products.update('19', { name: 'Candle' });
  await waitUntil('who watches all hears of it', () => ofAll.changes.length === 2);
  await products.update('19', { description: 'no name changes' });
  await products.update('19', { name: 'Candle' });
  await pause(200);
  assert.deepEqual([ofLamps.changes.length, ofAll.changes.length], [1, 2]);
  await lamps.return?.();
  await all.return?.();
});

test('subscribers to the same names share the read of a change, and get the same object; the first event is read for each', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ProductCountStore(database);
  const read: string[] = [];
  const of = (names: readonly string[]) => {
    read.push(...names);
    return store.of(names);
  };
  const feed = new ProductCountFeed(database, { of }, 0);
  releaseAfter(t, () => feed.close());
  await feed.start();
  await waitUntil('it listens', async () => (await feed.watch(undefined).next()).done === false);
  const watches = [['Lamp'], ['Lamp'], ['Candle'], undefined, undefined].map((names) => feed.watch(names));
  const next = () => Promise.all(watches.map(async (watch) => (await watch.next()).value));
  const [first, second] = await next();
  assert.notEqual(second, first);
  assert.deepEqual(read.splice(0), ['Lamp', 'Lamp', 'Candle']);

  const changed = next();
  await new ProductStore(database).create({ sku: 'a', name: 'Lamp', description: '' });
  await new ProductStore(database).create({ sku: 'b', name: 'Candle', description: '' });
  const [lamp, sameLamp, candle, all, sameAll] = await changed;
  assert.ok(lamp && candle && all);
  assert.equal(sameLamp, lamp);
  assert.equal(sameAll, all);
  for (const watch of watches) await watch.return?.();
});

test('many changes become few events, and the last one is current', async (t) => {
  const { feed, products } = await startFeed(t, 150);
  const watch = feed.watch(['Lamp']);
  const { changes, counts } = collect(watch);
  await waitUntil('the first has come', () => counts().length === 1);
  for (let i = 0; i < 12; i++) await products.update(`${i}`, { name: 'Lantern' });
  await waitUntil('the last has come', () => counts().at(-1)?.[0] === 3);
  assert.ok(counts().length < 12, `${counts().length} events for 12 changes`);
  const times = changes.map(({ at }) => at.getTime());
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  assert.ok(Math.min(...gaps) >= 140, `events ${gaps} ms apart`);
  await watch.return?.();
});

test('a slow subscriber gets the newest counts, not the intermediate ones', async (t) => {
  const { feed, products } = await startFeed(t);
  const watch = feed.watch(['Lamp']);
  assert.deepEqual((await watch.next()).value?.counts, [{ name: 'Lamp', productCount: 15 }]);
  for (let i = 0; i < 5; i++) {
    await products.update(`${i}`, { name: 'Lantern' });
    await pause(40);
  }
  assert.deepEqual((await watch.next()).value?.counts, [{ name: 'Lamp', productCount: 10 }]);
  await watch.return?.();
});

test('a subscription ends when its reader leaves, its signal aborts or the feed closes', async (t) => {
  const { feed } = await startFeed(t);
  const leaving = new AbortController();
  const watches = [feed.watch(['Lamp']), feed.watch(undefined, leaving.signal), feed.watch(undefined)];
  const collected = watches.map((watch) => collect(watch));
  await waitUntil('all have begun', () => collected.every(({ changes }) => changes.length === 1));
  await watches[0]?.return?.();
  await collected[0]?.ended;
  leaving.abort();
  await collected[1]?.ended;
  await feed.close();
  await collected[2]?.ended;
  const late = feed.watch(undefined, AbortSignal.abort());
  assert.deepEqual(await late.next(), { done: true, value: undefined });
});

test('after a lost connection it listens again, and reads what it has missed', async (t) => {
  const { database, feed, products } = await startFeed(t);
  const watch = feed.watch(['Lamp']);
  const { counts } = collect(watch);
  await waitUntil('the first has come', () => counts().length === 1);
  await database.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ILIKE 'listen%'`;
  await products.update('0', { name: 'Lantern' });
  await waitUntil('the change is seen', () => counts().at(-1)?.[0] === 14, 20_000);
  await watch.return?.();
});
