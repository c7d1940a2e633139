// Cancelling an import stops it within a second at any stage, and leaves whole partitions or nothing.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { IMPORT_FIELDS } from '../../../src/cli/client/documents.ts';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { needsOneNode } from '../../support/database/cluster.ts';
import { expectCatalogue, expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdLock, holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import {
  type Answer,
  expectNoErrors,
  importAndWait,
  query,
  upload,
} from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const WITHIN_MS = 5_000;
const SAMPLE = Buffer.concat([...sampleChunks(5_000, 1)].map(({ bytes }) => bytes));
const SEED = 'name,sku,description\nSeed,seed-1,was here before\n';

test('an import cancelled while its file arrives answers the upload and changes no product', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  const id = randomUUID();
  const file = new PassThrough();
  const answer = upload(server.url, 'endless.csv', file, { id });
  file.write(Buffer.concat([SAMPLE, SAMPLE, SAMPLE]));
  await importReaches(server.url, id, 'rows are read', ({ rows }) => rows.read > 0);
  await expectCancelled(server, id);
  assert.equal(expectNoErrors(await answer).importProducts.status, 'CANCELLED');
  await expectCatalogue(server, seeded);
  await expectNothingLeft(server);
});

test('an import cancelled at the first byte of its file leaves nothing behind', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const id = randomUUID();
  const file = new PassThrough();
  const answer = upload(server.url, 'slow.csv', file, { id });
  file.write('name');
  await importReaches(server.url, id, 'the import exists', () => true);
  await expectCancelled(server, id);
  assert.equal(expectNoErrors(await answer).importProducts.status, 'CANCELLED');
  await expectNothingLeft(server);
});

test('an import cancelled while rows are read changes no product', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  const { id } = expectNoErrors(await upload(server.url, 'large.csv.gz', manyRows())).importProducts;
  await importReaches(
    server.url,
    id,
    'rows are read',
    ({ status, rows }) => status === 'LOADING' && rows.read > 0,
  );
  await expectCancelled(server, id);
  await expectCatalogue(server, seeded);
  await expectNothingLeft(server);
});

test('an import cancelled while its first partition merges changes no product', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const seeded = await seed(server);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', SAMPLE)).importProducts;
  await waitForWaiting(server, 'merge');
  await expectCancelled(server, id);
  await expectCatalogue(server, seeded);
  await expectNothingLeft(server);
  await held.release();
  assert.equal((await importAndWait(server.url, SAMPLE)).status, 'COMPLETED');
});

// On several nodes, partitions wait for each other where one waits for a product.
test('an import cancelled between partitions keeps the merged ones and counts their rows', {
  skip: needsOneNode(),
}, async (t) => {
  const server = await startTestServer(t);
  await seed(server);
  const rows = largeRows();
  await holdLock(t, server, "SELECT FROM products WHERE sku = 'seed-1' FOR UPDATE");
  const file = gzipSync(`name,sku,description\n${rows.map((row) => `${row.join(',')}\n`).join('')}`, {
    level: 0,
  });
  const { id } = expectNoErrors(await upload(server.url, 'large.csv.gz', file)).importProducts;
  // The database triggers this, before the server has had time to report the merge.
  await waitUntil('a partition is merged', async () => {
    const merged = await server.database.sql`
      SELECT FROM import_partitions WHERE import_id = ${id} AND merged_at IS NOT NULL`;
    return merged.length > 0;
  });
  await waitForWaiting(server, 'merge');
  const cancelled = await expectCancelled(server, id);

  const products = await server.database.sql<{ sku: string; name: string; description: string }[]>`
    SELECT sku, name, description FROM products ORDER BY sku`;
  const bySku = new Map(rows.map(([name, sku, description]) => [sku, { sku, name, description }]));
  assert.deepEqual({ ...products.at(-1) }, { sku: 'seed-1', name: 'Seed', description: 'was here before' });
  const merged = products.slice(0, -1);
  for (const product of merged) assert.deepEqual({ ...product }, bySku.get(product.sku));
  assert.ok(
    merged.length > 0 && merged.length < rows.length - 1,
    `${merged.length} of ${rows.length} rows are merged`,
  );
  assert.equal(cancelled.rows.inserted, merged.length);
  const [booked] = await server.database.sql`
    SELECT sum(inserted)::int AS inserted, sum(staged)::int AS staged FROM import_partitions
    WHERE import_id = ${id} AND merged_at IS NOT NULL`;
  assert.deepEqual({ ...booked }, { inserted: merged.length, staged: merged.length });
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('an import cancelled while waiting to merge does not affect the one before it', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const held = await holdMerges(t, server);
  const first = expectNoErrors(await upload(server.url, 'first.csv', SAMPLE)).importProducts;
  await waitForWaiting(server, 'merge');
  const second = expectNoErrors(await upload(server.url, 'second.csv', SEED)).importProducts;
  await waitForWaiting(server, 'merge turn');
  await expectCancelled(server, second.id);
  assert.equal((await importState(server.url, first.id))?.status, 'MERGING');
  await held.release();
  assert.equal((await importEnds(server.url, first.id)).status, 'COMPLETED');
  const model = new CatalogueModel();
  model.import(SAMPLE);
  await expectCatalogue(server, model);
  await expectNothingLeft(server);
});

test('an import can be cancelled through another server process on the same database', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const other = await startTestServer(t, { ...ONE_LANE, databaseUrl: server.database.url });
  await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', SAMPLE)).importProducts;
  await waitForWaiting(server, 'merge');
  await expectCancelled(other, id);
  await expectCatalogue(server, new CatalogueModel());
  await expectNothingLeft(server);
});

test('two concurrent cancellations of one import both succeed', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', SAMPLE)).importProducts;
  await waitForWaiting(server, 'merge');
  // Neither has cancelled it before the other asks for that.
  const { release } = await holdLock(t, server, `SELECT 1 FROM imports WHERE id = '${id}' FOR UPDATE`);
  const answered = Promise.all([cancel(server, id), cancel(server, id)]);
  await waitUntil('both wait', async () => {
    const waiting = await server.database.sql`
      SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%cancel_requested_at" = %'`;
    return waiting.length === 2;
  });
  await release();
  const answers = await answered;
  assert.deepEqual(
    answers.map((answer) => expectNoErrors(answer).cancelImport.status),
    ['CANCELLED', 'CANCELLED'],
  );
});

test('an import that has ended cannot be cancelled and does not change', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const failed = await importAndWait(server.url, 'nothing of use');
  const completed = await importAndWait(server.url, SEED);
  for (const { id, status } of [failed, completed]) {
    const { errors } = await cancel(server, id);
    assert.equal(errors?.[0]?.extensions?.code, 'IMPORT_FINISHED');
    assert.match(errors[0].message, new RegExp(`${status} already`));
    assert.equal((await importState(server.url, id))?.status, status);
  }
});

test('an unknown import cannot be cancelled', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const unknown = await cancel(server, randomUUID());
  assert.equal(unknown.errors?.[0]?.extensions?.code, 'NOT_FOUND');
  assert.match(unknown.errors[0].message, /no import with the id/);
  const malformed = await cancel(server, 'the-last-one');
  assert.equal(malformed.errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
});

async function cancel({ url }: TestServer, id: string): Promise<Answer<{ cancelImport: ImportState }>> {
  return query(url, `mutation ($id: ID!) { cancelImport(id: $id) { ${IMPORT_FIELDS} } }`, { id });
}

async function expectCancelled(server: TestServer, id: string): Promise<ImportState> {
  const begun = performance.now();
  const { cancelImport: state } = expectNoErrors(await cancel(server, id));
  const took = Math.round(performance.now() - begun);
  assert.ok(took < WITHIN_MS, `it took ${took} ms`);
  assert.equal(state.status, 'CANCELLED');
  assert.equal(state.error, null);
  assert.ok(state.finishedAt);
  assert.deepEqual(await importState(server.url, id), state);
  return state;
}

async function seed(server: TestServer): Promise<CatalogueModel> {
  const model = new CatalogueModel();
  model.import(SEED);
  assert.equal((await importAndWait(server.url, SEED)).status, 'COMPLETED');
  return model;
}

/** A million rows that arrive quickly. */
function manyRows(): Buffer {
  const [header = '', ...rows] = SAMPLE.toString().split(/(?<=\r\n)/);
  const member = gzipSync(rows.join('').repeat(10), { level: 1 });
  return Buffer.concat([gzipSync(header), ...new Array(20).fill(member)]);
}

/** A few large rows that make several partitions; one of them updates the seed product. */
function largeRows(): [name: string, sku: string, description: string][] {
  const description = 'large '.repeat(80_000);
  const rows = Array.from({ length: 40 }, (_, i): [string, string, string] => [
    `Name ${i % 3}`,
    `s-${100 + i}`,
    description,
  ]);
  return [...rows, ['Changed', 'seed-1', 'changed']];
}
