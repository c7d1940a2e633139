// A subscriber to the progress of an import can disconnect at any time, even while nothing happens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, subscribe } from 'graphql';
import { ANYONE } from '../../../src/access/identity.ts';
import { ImportStore } from '../../../src/db/imports/import-store.ts';
import { ProgressFeed } from '../../../src/ingest/progress/progress-feed.ts';
import type { Context, Services } from '../../../src/resolvers/context.ts';
import { buildSchema } from '../../../src/schema/index.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { releaseAfter } from '../../support/release.ts';

const ID = '00000000-0000-4000-8000-000000000001';

test('a subscription sends the current state, and ends as soon as its client disconnects', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ImportStore(database);
  const progress = new ProgressFeed(database, store);
  await progress.start();
  releaseAfter(t, () => progress.close());
  await store.create({ id: ID, fileName: 'a.csv', status: 'LOADING', maxRejectedRows: 1, owner: ID });

  const states = await watch(`id: "${ID.toUpperCase()}"`, { progress } as Services);
  assert.ok(Symbol.asyncIterator in states);
  const first = await states.next();
  assert.equal(JSON.stringify(first.value), '{"data":{"importProgress":{"fileName":"a.csv","percent":0}}}');
  const waiting = states.next();
  await states.return();
  assert.equal((await waiting).done, true);
});

test('a subscription with an ID that is not a UUID is rejected', async (t) => {
  const database = await createTestDatabase(t);
  const progress = new ProgressFeed(database, new ImportStore(database));
  const refused = await watch('id: "1"', { progress } as Services);
  assert.ok('errors' in refused);
  assert.match(refused.errors?.[0]?.message ?? '', /`id` is not a UUID/);
});

function watch(args: string, services: Services) {
  const contextValue: Context = { services, baseUrl: 'http://127.0.0.1', identity: ANYONE };
  const document = parse(`subscription { importProgress(${args}) { fileName percent } }`);
  return subscribe({ schema: buildSchema(), document, contextValue });
}
