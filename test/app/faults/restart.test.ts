// The server stops in the middle of an import. The next one resumes it, and the result is that of an undisturbed run.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';
import { ImportStore } from '../../../src/db/imports/import-store.ts';
import { Spool } from '../../../src/ingest/spool/spool.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds, importState } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, upload } from '../../support/server/graphql-client.ts';
import { startTestServer, type TestServer } from '../../support/server/server.ts';
import { startServerProcess } from '../../support/server/server-process.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ROWS = Buffer.concat([...sampleChunks(2_000, 7)].map(({ bytes }) => bytes));
const BROKEN = Buffer.from('too,many,fields,here\r\n');
const FILE = Buffer.concat([ROWS, BROKEN]);

function modelOf(file: Buffer): CatalogueModel {
  const model = new CatalogueModel();
  model.import(file);
  return model;
}

test('an import is completed by the next server when its server is stopped while merging', async (t) => {
  const first = await startTestServer(t);
  const held = await holdMerges(t, first);
  const { id } = expectNoErrors(await upload(first.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(first, 'merge');
  await first.close();
  await held.release();
  const { dataDir, databaseUrl } = first.settings;
  const second = await startTestServer(t, { dataDir, databaseUrl });
  const done = await importEnds(second.url, id);
  assert.equal(done.status, 'COMPLETED');
  assert.equal(done.rows.rejected, 1);
  assert.equal(done.rows.inserted + done.rows.superseded + done.rows.rejected, done.rows.read);
  await expectCatalogue(second, modelOf(ROWS));
  await expectNothingLeft(second);
});

test('staged rows lost in a database crash are loaded again from the spool', async (t) => {
  const first = await startTestServer(t);
  const held = await holdMerges(t, first);
  // Gzipped without compression: compressed uploads are assumed to be larger and get more partitions.
  const large = Buffer.concat([...sampleChunks(60_000, 7)].map(({ bytes }) => bytes));
  const file = gzipSync(Buffer.concat([large, BROKEN]), { level: 0 });
  const { id } = expectNoErrors(await upload(first.url, 'a.csv.gz', file)).importProducts;
  await waitForWaiting(first, 'merge');
  await first.close();
  await held.release();
  // A Postgres crash empties unlogged tables.
  const staging = await first.database.sql`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  for (const { name } of staging) await first.database.sql.unsafe(`TRUNCATE ${name}`);
  const { dataDir, databaseUrl } = first.settings;
  const second = await startTestServer(t, { dataDir, databaseUrl });
  const done = await importEnds(second.url, id);
  assert.equal(done.status, 'COMPLETED');
  assert.equal(done.rows.rejected, 1);
  await expectCatalogue(second, modelOf(large));
  await expectNothingLeft(second);
});

test('an import is completed by the next server when its server is killed while merging', async (t) => {
  const watcher = await startTestServer(t);
  const held = await holdMerges(t, watcher);
  const { dataDir, databaseUrl } = watcher.settings;
  const { url, ...killed } = await startServerProcess(t, watcher);
  const { id } = expectNoErrors(await upload(url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(watcher, 'merge');
  await killed.kill();
  await held.release();
  await waitUntil('its connections are gone', async () => {
    const alive = await watcher.database.sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'loadstone merge @%'`;
    return alive.length === 0;
  });
  const next = await startTestServer(t, { dataDir, databaseUrl });
  assert.equal((await importEnds(next.url, id)).status, 'COMPLETED');
  await expectCatalogue(next, modelOf(ROWS));
  await expectNothingLeft(next);
});

test('an import fails and leaves nothing behind when its server is killed during the upload', async (t) => {
  const watcher = await startTestServer(t);
  const { dataDir, databaseUrl } = watcher.settings;
  const { url, ...killed } = await startServerProcess(t, watcher);
  const id = crypto.randomUUID();
  const never = Promise.withResolvers<void>();
  async function* halfOf(file: Buffer) {
    yield file.subarray(0, file.length >> 1);
    await never.promise;
  }
  const broken = assert.rejects(upload(url, 'a.csv', Readable.from(halfOf(FILE)), { id }));
  await waitUntil(
    'the upload arrives',
    async () => ((await importState(watcher.url, id))?.bytesReceived ?? 0) > 0,
  );
  await killed.kill();
  never.resolve();
  await broken;
  const next = await startTestServer(t, { dataDir, databaseUrl });
  const failed = await importEnds(next.url, id);
  assert.deepEqual([failed.status, failed.error?.code], ['FAILED', 'UPLOAD_INTERRUPTED']);
  await expectCatalogue(next, new CatalogueModel());
  await expectNothingLeft(next);
});

test('an import continues when its server is killed after storing the file but before reporting it', async (t) => {
  const first = await startTestServer(t);
  const { dataDir, databaseUrl } = first.settings;
  const { id, sha256 } = await stagedUpload(first);
  const next = await startTestServer(t, { dataDir, databaseUrl });
  const done = await importEnds(next.url, id);
  assert.deepEqual(
    [done.status, done.bytesReceived, done.bytesTotal],
    ['COMPLETED', FILE.length, FILE.length],
  );
  const [row] = await next.database.sql`SELECT sha256 FROM imports WHERE id = ${id}`;
  assert.equal(row?.['sha256'], sha256);
  await expectCatalogue(next, modelOf(ROWS));
  await expectNothingLeft(next);
});

/** Recreates the state left by a process killed between renaming the file and the next report. */
async function stagedUpload({
  settings,
  database,
  close,
}: TestServer): Promise<{ id: string; sha256: string }> {
  await close();
  const id = crypto.randomUUID();
  const { sha256 } = await new Spool(join(settings.dataDir, 'spool')).write(id, Readable.from([FILE]));
  const left = { id, fileName: 'a.csv', maxRejectedRows: 10, owner: crypto.randomUUID() };
  await new ImportStore(database).create({ ...left, status: 'RECEIVING' });
  return { id, sha256 };
}

test('an import survives repeated loss of its database connections', async (t) => {
  const server = await startTestServer(t);
  const large = Buffer.concat([...sampleChunks(60_000, 7)].map(({ bytes }) => bytes));
  const file = gzipSync(Buffer.concat([large, BROKEN]), { level: 0 });
  const { id } = expectNoErrors(await upload(server.url, 'a.csv.gz', file)).importProducts;
  for (let breaks = 0; breaks < 3; breaks++) {
    await pause(150);
    await server.database.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'loadstone%'`;
  }
  assert.deepEqual(await endOf(server, id), { status: 'COMPLETED', errorCode: null, rowsRejected: 1 });
  await expectCatalogue(server, modelOf(large));
  await expectNothingLeft(server);
});

test('an import continues after Postgres is killed and recovers during the merge', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) });
  releaseAfter(t, () => postgres.close());
  const server = await startTestServer(t, { databaseUrl: postgres.url, dataDir });
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(server, 'merge');
  const postmaster = Number(
    (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0],
  );
  process.kill(postmaster, 'SIGKILL');
  await held.release().catch(() => {});
  assert.deepEqual(await endOf(server, id), { status: 'COMPLETED', errorCode: null, rowsRejected: 1 });
  await expectCatalogue(server, modelOf(ROWS));
  await expectNothingLeft(server);
});

/**
 * Waits for the end of an import whose database goes away meanwhile. Queries the database directly, because a severed
 * connection of the server would fail the first query that uses it.
 */
async function endOf({ database }: TestServer, id: string): Promise<unknown> {
  const found: object[] = [];
  await waitUntil(
    'the import ends',
    async () => {
      const rows = await database.sql`
        SELECT status, error_code AS "errorCode", rows_rejected AS "rowsRejected"
        FROM imports WHERE id = ${id} AND finished_at IS NOT NULL`.catch(() => []);
      found.push(...rows);
      return found.length > 0;
    },
    90_000,
  );
  return { ...found[0] };
}
