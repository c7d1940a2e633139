// Subscribers get the final state, even if the database cannot be read when the notification arrives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasEnded, type ImportRecord } from '../../../src/db/imports/import-record.ts';
import { IMPORT_CHANNEL, ImportStore } from '../../../src/db/imports/import-store.ts';
import { LiveFeed } from '../../../src/ingest/progress/live-feed.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { releaseAfter } from '../../support/release.ts';

const ID = '00000000-0000-4000-8000-000000000001';

test('a client that subscribes during a database outage gets the state once the database is back', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ImportStore(database);
  const failures: string[] = ['ECONNREFUSED', '57P03', '57014'];
  const feed = new LiveFeed<ImportRecord>(database, {
    channel: IMPORT_CHANNEL,
    getMany: (ids) => store.getMany(ids),
    async current() {
      const code = failures.shift();
      if (code) throw Object.assign(new Error('away'), { code });
      return store.getMany([ID]);
    },
    revisionOf: ({ revision }) => revision,
    isFinal: hasEnded,
  });
  await feed.start();
  releaseAfter(t, () => feed.close());
  await store.create({ id: ID, fileName: 'a.csv', status: 'LOADING', maxRejectedRows: 1, owner: ID });
  const states = feed.subscribe(ID);
  assert.equal((await states.next()).value?.status, 'LOADING');
  assert.equal(failures.length, 0);
  await states.return?.();

  failures.push('42P01');
  await assert.rejects(feed.subscribe(ID).next(), /away/, 'what does not pass is told');
  failures.push(...Array.from({ length: 1000 }, () => 'ECONNREFUSED'));
  const leaving = feed.subscribe(ID);
  const waiting = leaving.next();
  await leaving.return?.();
  assert.equal((await waiting).done, true, 'who leaves meanwhile is let go');
});

test('a final state that cannot be read at first is sent as soon as it can', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ImportStore(database);
  let failures = 0;
  const feed = new LiveFeed<ImportRecord>(database, {
    channel: IMPORT_CHANNEL,
    getMany: (ids) => {
      if (failures++ === 0) return database.sql`SELECT 1 / 0`.then(() => []);
      return store.getMany(ids);
    },
    current: () => store.getMany([ID]),
    revisionOf: ({ revision }) => revision,
    isFinal: hasEnded,
  });
  await feed.start();
  releaseAfter(t, () => feed.close());
  await store.create({ id: ID, fileName: 'a.csv', status: 'LOADING', maxRejectedRows: 1, owner: ID });
  const states = feed.subscribe(ID);
  assert.equal((await states.next()).value?.status, 'LOADING');

  await store.end(ID, ID, { status: 'COMPLETED' }, 0);
  const rest = [];
  for await (const { status } of states) rest.push(status);
  assert.equal(rest.at(-1), 'COMPLETED');
  assert.ok(failures > 1);
});
