// Clients that send slowly or stop do not hold resources that others need.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import { expectNoErrors, importAndWait, upload } from '../../support/server/graphql-client.ts';
import { startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const SMALL = 'name,sku,description\nOther,o-1,x\n';
/** Several blocks long. */
const LARGE = Buffer.concat([...sampleChunks(15_000, 1)].map(({ bytes }) => bytes));

test('a stalled upload holds no slot, thread or connection, wherever it stopped', async (t) => {
  const server = await startTestServer(t, { maxActiveImports: 2 });
  const uploads = [1, 1, 1, 40, 40, 2_500_000, 2_500_000].map((bytes) => {
    const id = randomUUID();
    const file = new PassThrough();
    const answer = upload(server.url, 'slow.csv', file, { id });
    file.write(LARGE.subarray(0, bytes));
    return { id, file, answer, bytes };
  });
  for (const { id, bytes } of uploads) {
    await importReaches(server.url, id, 'it has what was sent', (state) =>
      bytes < 1000 ? state.bytesReceived > 0 : state.rows.read > 0,
    );
  }
  assert.equal((await importAndWait(server.url, SMALL)).status, 'COMPLETED');
  await waitUntil('nothing is held', async () => (await lanesOf(server)) === 0);

  // All of them resume at the same time.
  for (const { file, bytes } of uploads) file.end(LARGE.subarray(bytes));
  const model = new CatalogueModel();
  model.import(SMALL);
  const first = model.import(LARGE);
  const written = await Promise.all(
    uploads.map(async ({ id, answer }) => {
      expectNoErrors(await answer);
      const { status, error, rows } = await ended(server, id);
      assert.deepEqual([status, error], ['COMPLETED', null]);
      assert.deepEqual([rows.read, rows.superseded], [first.read, first.superseded]);
      return rows.inserted;
    }),
  );
  assert.equal(
    written.reduce((sum, rows) => sum + rows, 0),
    first.inserted,
  );
  await expectCatalogue(server, model);
  await expectNothingLeft(server);
});

test('an upload that arrives in pieces is imported completely, with a rejected row in each piece', async (t) => {
  const server = await startTestServer(t, { maxActiveImports: 1 });
  const slow = randomUUID();
  const file = new PassThrough();
  const answer = upload(server.url, 'pieces.csv', file, { id: slow });
  const piece = (at: number) =>
    `bad row ${at}\n${Array.from({ length: 30_000 }, (_, row) => `Ann ${at},s-${at}-${row},${'x'.repeat(30)}\n`).join('')}`;
  file.write('name,sku,description\n');
  let read = 0;
  for (const at of [0, 1, 2]) {
    file.write(piece(at));
    // Another import needs the only slot, so this one releases it in between.
    assert.equal((await importAndWait(server.url, SMALL)).status, 'COMPLETED');
    const state = await importReaches(
      server.url,
      slow,
      'rows are read',
      ({ rows }) => rows.read > read || at > 0,
    );
    read = state.rows.read;
  }
  file.end();
  expectNoErrors(await answer);
  const { status, rows } = await ended(server, slow);
  assert.deepEqual([status, rows.read, rows.inserted, rows.rejected], ['COMPLETED', 90_003, 90_000, 3]);
  await expectNothingLeft(server);
});

async function ended(server: TestServer, id: string): Promise<ImportState> {
  await waitUntil('it ends', async () => (await importState(server.url, id))?.finishedAt !== null, 60_000);
  return importEnds(server.url, id);
}

async function lanesOf({ database }: TestServer): Promise<number> {
  const lanes = await database.sql`
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name ~ '^loadstone (lane|merge|merge turn) @'`;
  return lanes.length;
}
