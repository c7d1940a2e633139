// Subscribers in the process that writes a state get it without a read, those of other processes with one. Waiting does
// not poll.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded, type ImportRecord } from '../../../src/db/imports/import-record.ts';
import { ImportStore } from '../../../src/db/imports/import-store.ts';
import { ProgressFeed } from '../../../src/ingest/progress/progress-feed.ts';
import { openCounted } from '../../support/database/count-statements.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { releaseAfter } from '../../support/release.ts';

const ID = '00000000-0000-4000-8000-000000000001';

test('a process reads no state that it has written itself, and reads a state of another process once', async (t) => {
  const { store, feed, sentBy, other } = await start(t);
  const subscriptions = Array.from({ length: 20 }, () => feed.subscribe(ID));
  const states = Promise.all(subscriptions.map(collect));
  await until(feed, ({ status }) => status === 'LOADING');
  await store.report(ID, ID, { rowsRead: 1 });

  const own = await sentBy(async () => {
    for (const rowsRead of [2, 3, 4]) {
      await store.report(ID, ID, { rowsRead });
      // Long enough for the notification to come back, and to be read.
      await sleep(100);
    }
  });
  // On a busy machine, a notification may be handled long before the end of the write that sent it, and is then read.
  assert.ok(own.statements < 3 + 3, `${own.statements} statements for 3 writes`);

  const foreign = await sentBy(async () => {
    await other.end(ID, ID, { status: 'COMPLETED' }, 0);
    await states;
  });
  assert.equal(foreign.statements, 1);
  for (const seen of await states) {
    const revisions = seen.map(({ revision }) => revision);
    assert.deepEqual(revisions, [...new Set(revisions)].sort(), 'in order, and each once');
    assert.equal(seen.at(-1)?.status, 'COMPLETED');
  }
});

test('subscribers that arrive together share one read of the current state', async (t) => {
  const { feed, sentBy } = await start(t);
  const subscriptions = Array.from({ length: 20 }, () => feed.subscribe(ID));
  const { statements } = await sentBy(async () => {
    const first = await Promise.all(subscriptions.map((states) => states.next()));
    assert.equal(new Set(first.map(({ value }) => value)).size, 1, 'all get the same object');
  });
  assert.equal(statements, 1);
  for (const states of subscriptions) await states.return?.();
});

test('a wait ends when the state is reached, whichever process writes it, without polling', async (t) => {
  const { feed, sentBy, other } = await start(t);
  let ended: Promise<ImportRecord | undefined> | undefined;
  const beginning = feed.waitFor(ID, () => true, AbortSignal.timeout(10_000));
  assert.equal((await beginning)?.status, 'LOADING');

  const waiting = await sentBy(async () => {
    ended = feed.waitFor(ID, hasEnded, AbortSignal.timeout(10_000));
    await sleep(400);
  });
  assert.equal(waiting.statements, 1, 'the current state is read once');
  await other.end(ID, ID, { status: 'CANCELLED' }, 0);
  assert.equal((await ended)?.status, 'CANCELLED');

  const never = feed.waitFor(ID, ({ status }) => status === 'COMPLETED', AbortSignal.timeout(10_000));
  assert.equal(await never, undefined, 'it has ended otherwise');
});

async function start(t: Parameters<typeof createTestDatabase>[0]) {
  const database = await createTestDatabase(t);
  const { database: counted, sentBy } = await openCounted(t, database);
  const store = new ImportStore(counted);
  const feed = new ProgressFeed(counted, store);
  await feed.start();
  releaseAfter(t, () => feed.close());
  await store.create({ id: ID, fileName: 'a.csv', status: 'LOADING', maxRejectedRows: 1, owner: ID });
  return { store, feed, sentBy, other: new ImportStore(database) };
}

async function until(feed: ProgressFeed, isReached: (record: ImportRecord) => boolean): Promise<void> {
  assert.ok(await feed.waitFor(ID, isReached, AbortSignal.timeout(10_000)));
}

async function collect(states: AsyncIterable<ImportRecord>): Promise<ImportRecord[]> {
  const seen: ImportRecord[] = [];
  for await (const state of states) seen.push(state);
  return seen;
}
