// What operators, networks and databases can do to running imports, and what subscribers see meanwhile.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetworkError } from 'graphql-sse';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { ImportStore } from '../../../src/db/imports/import-store.ts';
import { closePool, openPool } from '../../../src/db/postgres/connection/pool.ts';
import { MERGE_TURN_LOCK, PROCESS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { needsOwnership } from '../../support/database/serving-role.ts';
import { TcpRelay } from '../../support/database/tcp-relay.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdLock, holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, query, upload, watchProgress } from '../../support/server/graphql-client.ts';
import { startTestServer, type TestServer } from '../../support/server/server.ts';
import { startServerProcess } from '../../support/server/server-process.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FILE = Buffer.concat([...sampleChunks(2_000, 7)].map(({ bytes }) => bytes));
/** Makes two partitions. */
const LARGE = Buffer.concat([...sampleChunks(60_000, 7)].map(({ bytes }) => bytes));

function modelOf(...files: Buffer[]): CatalogueModel {
  const model = new CatalogueModel();
  for (const file of files) model.import(file);
  return model;
}

const RETRY = 'mutation ($id: ID!) { retryImport(id: $id) { id status error { code } retryableUntil } }';
type Retried = { retryImport: Pick<ImportState, 'id' | 'status' | 'error' | 'retryableUntil'> };

test('an import fails when the database is unavailable for too long, subscribers see it, and a retry completes it', async (t) => {
  const { server, relay } = await startBehindRelay(t, { databaseWaitSeconds: 1 });
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(server, 'merge');
  const early = watchProgress(server.url, id);
  await early.next();
  await relay.cut();
  const away = await first(early, ({ waitingFor }) => waitingFor === 'DATABASE');
  assert.match(away.waitingReason ?? '', /continues automatically/);
  const late = await first(watchProgress(server.url, id), () => true);
  assert.deepEqual([late.id, late.status, late.waitingFor], [id, 'MERGING', 'DATABASE']);
  const { errors } = await query(server.url, '{ products(first: 1) { nodes { sku } } }');
  assert.equal(errors?.[0]?.extensions?.code, 'DATABASE_UNAVAILABLE');
  // Longer than an import waits.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await held.release();
  await relay.heal();
  const failed = await first(early, ({ status }) => status === 'FAILED');
  assert.equal(failed.error?.code, 'DATABASE_UNAVAILABLE');
  assert.equal(failed.waitingFor, null);
  assert.ok(Date.parse(failed.retryableUntil ?? '') > Date.now());

  const { retryImport } = expectNoErrors(await query<Retried>(server.url, RETRY, { id }));
  assert.deepEqual(retryImport, { id, status: 'MERGING', error: null, retryableUntil: null });
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  await expectCatalogue(server, modelOf(FILE));
  await expectNothingLeft(server);
  const again = await query(server.url, RETRY, { id });
  assert.equal(again.errors?.[0]?.extensions?.code, 'NOT_RETRYABLE');
  const unknown = await query(server.url, RETRY, { id: randomUUID() });
  assert.equal(unknown.errors?.[0]?.extensions?.code, 'NOT_FOUND');
});

test('an import detects silent network connections and continues', async (t) => {
  const { server, relay } = await startBehindRelay(t);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(server, 'merge');
  relay.stall();
  await held.release();
  await waitUntil('the server gives its connections up', () => relay.stalledPorts.length === 0, 60_000);
  await relay.heal();
  await waitUntil('it completes', async () => (await stored(server, id)).status === 'COMPLETED', 60_000);
  await expectCatalogue(server, modelOf(FILE));
});

test('imports above the limit wait, say why, and run later', async (t) => {
  const server = await startTestServer(t, { maxActiveImports: 1 });
  const held = await holdMerges(t, server);
  const ids = [];
  for (const name of ['first.csv', 'second.csv', 'third.csv']) {
    ids.push(expectNoErrors(await upload(server.url, name, FILE)).importProducts.id);
  }
  const [one = '', two = '', three = ''] = ids;
  await waitForWaiting(server, 'merge');
  for (const id of [two, three]) {
    const waiting = await importReaches(server.url, id, 'it waits', ({ waitingFor }) => waitingFor !== null);
    assert.deepEqual([waiting.status, waiting.waitingFor], ['LOADING', 'IMPORT_LIMIT']);
    assert.match(waiting.waitingReason ?? '', /continues when one of them ends/);
  }
  const { data } = await query<{ cancelImport: ImportState }>(
    server.url,
    'mutation ($id: ID!) { cancelImport(id: $id) { status } }',
    { id: two },
  );
  assert.equal(data?.cancelImport.status, 'CANCELLED');
  await held.release();
  assert.equal((await importEnds(server.url, one)).status, 'COMPLETED');
  const last = await importEnds(server.url, three);
  assert.deepEqual([last.status, last.waitingFor, last.rows.inserted], ['COMPLETED', null, 0]);
  await expectCatalogue(server, modelOf(FILE));
  await expectNothingLeft(server);
});

test('an import that waits for its turn to merge says so', async (t) => {
  const server = await startTestServer(t);
  const held = await holdLock(t, server, `SELECT pg_advisory_xact_lock(${MERGE_TURN_LOCK})`);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  const waiting = await importReaches(server.url, id, 'it waits', ({ waitingFor }) => waitingFor !== null);
  assert.deepEqual([waiting.status, waiting.waitingFor], ['MERGING', 'MERGE_TURN']);
  await held.release();
  assert.deepEqual((await importEnds(server.url, id)).waitingFor, null);
});

test('a running server takes over the import of a killed one', async (t) => {
  const sibling = await startTestServer(t);
  const held = await holdMerges(t, sibling);
  const killed = await startServerProcess(t, sibling);
  const { id } = expectNoErrors(await upload(killed.url, 'a.csv', LARGE)).importProducts;
  await waitForWaiting(sibling, 'merge');
  const { owner } = await stored(sibling, id);
  await killed.kill();
  await waitUntil('it is taken over', async () => (await stored(sibling, id)).owner !== owner);
  await held.release();
  assert.equal((await importEnds(sibling.url, id)).status, 'COMPLETED');
  await expectCatalogue(sibling, modelOf(LARGE));
  await expectNothingLeft(sibling);
});

test('an import of a killed server whose file is out of reach waits, fails, and can be retried where the file is', async (t) => {
  const sibling = await startTestServer(t, { databaseWaitSeconds: 3 });
  const elsewhere = await createTemporaryFolder(t);
  const held = await holdLock(t, sibling, 'LOCK TABLE import_partitions');
  const killed = await startServerProcess(t, sibling, { DATA_DIR: elsewhere });
  const { id } = expectNoErrors(await upload(killed.url, 'a.csv', FILE)).importProducts;
  await killed.kill();
  await held.release();
  const waiting = await importReaches(sibling.url, id, 'it waits', ({ waitingFor }) => waitingFor !== null);
  assert.deepEqual([waiting.status, waiting.waitingFor], ['LOADING', 'SPOOL']);
  const failed = await importEnds(sibling.url, id);
  assert.equal(failed.error?.code, 'SPOOL_UNAVAILABLE');
  const refused = await query(sibling.url, RETRY, { id });
  assert.equal(refused.errors?.[0]?.extensions?.code, 'SPOOL_UNAVAILABLE');

  const { databaseUrl } = sibling.settings;
  const back = await startTestServer(t, { databaseUrl, dataDir: elsewhere });
  expectNoErrors(await query(back.url, RETRY, { id }));
  assert.equal((await importEnds(back.url, id)).status, 'COMPLETED');
  await expectCatalogue(back, modelOf(FILE));
  await expectNothingLeft(back);
});

test('another server completes the cancellation when a server is killed', async (t) => {
  const sibling = await startTestServer(t);
  const held = await holdMerges(t, sibling);
  const killed = await startServerProcess(t, sibling, { DATA_DIR: await createTemporaryFolder(t) });
  const { id } = expectNoErrors(await upload(killed.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(sibling, 'merge');
  await killed.kill();
  await sibling.database.sql`UPDATE imports SET cancel_requested_at = now() WHERE id = ${id}`;
  await held.release();
  assert.equal((await importEnds(sibling.url, id)).status, 'CANCELLED');
  await expectNothingLeft(sibling);
});

test('a server releases its merging import on SIGTERM, and a running server resumes it', async (t) => {
  const sibling = await startTestServer(t);
  const held = await holdMerges(t, sibling);
  const stopped = await startServerProcess(t, sibling);
  const { id } = expectNoErrors(await upload(stopped.url, 'a.csv', LARGE)).importProducts;
  await waitForWaiting(sibling, 'merge');
  const states = watchProgress(stopped.url, id);
  await states.next();
  const ended = stopped.terminate();
  const rest = async () => {
    for await (const { status } of states) assert.equal(status, 'MERGING');
  };
  await assert.rejects(rest(), NetworkError, 'the stream is cut, and does not complete');
  assert.equal(await ended, 0);
  await held.release();
  assert.equal((await importEnds(sibling.url, id)).status, 'COMPLETED');
  await expectCatalogue(sibling, modelOf(LARGE));
  await expectNothingLeft(sibling);
});

/** What happens to the merge of an import while its server shuts down. */
const PASSING = {
  'its statement is cancelled': (server: TestServer) => endMerges(server, 'pg_cancel_backend'),
  'its connection is cut': (server: TestServer) => endMerges(server, 'pg_terminate_backend'),
  'it waits too long for a lock': (server: TestServer) => waitForNoMerge(server),
};

for (const [what, strike] of Object.entries(PASSING)) {
  test(`an import does not fail when ${what} during SIGTERM, and the next start resumes it`, async (t) => {
    const server = await startTestServer(t);
    const { sql } = server.database;
    const [database] = await sql`SELECT current_database() AS name`;
    const held = await holdMerges(t, server);
    // Applies to new sessions.
    await sql.unsafe(`ALTER DATABASE ${database?.['name']} SET lock_timeout = '2s'`);
    const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
    await waitForWaiting(server, 'merge');
    const closed = server.close();
    await strike(server);
    await closed;
    assert.deepEqual({ ...(await stored(server, id)) }, { status: 'MERGING', owner: null });
    await held.release();
    await sql.unsafe(`ALTER DATABASE ${database?.['name']} RESET lock_timeout`);
    const { dataDir, databaseUrl } = server.settings;
    const next = await startTestServer(t, { dataDir, databaseUrl });
    assert.equal((await importEnds(next.url, id)).status, 'COMPLETED');
    await expectCatalogue(next, modelOf(FILE));
    await expectNothingLeft(next);
  });
}

test('a statement that is cancelled or chosen as a deadlock victim is retried', async (t) => {
  const server = await startTestServer(t);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(server, 'merge');
  await server.database.sql`
    SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone merge @%'`;
  await importReaches(server.url, id, 'it waits', ({ waitingFor }) => waitingFor === 'DATABASE');
  await held.release();
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  await expectCatalogue(server, modelOf(FILE));
});

test('a process that has lost its import to another does not touch it', async (t) => {
  const server = await startTestServer(t);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(server, 'merge');
  const other = randomUUID();
  // A process that is alive.
  const alive = openPool(server.database.url, { max: 1, applicationName: 'test' });
  releaseAfter(t, () => closePool(alive));
  await alive`SELECT pg_advisory_lock(${PROCESS_LOCK}, hashtext(${other}))`;
  const store = new ImportStore(server.database);
  const seen = (await store.get(id)) ?? assert.fail();
  assert.equal((await store.claim(seen, other))?.owner, other);
  assert.equal(await store.claim(seen, randomUUID()), undefined, 'it is claimed once');
  await waitUntil('its work stops', async () => (await merges(server)) === 0);
  assert.deepEqual(await readdir(join(server.settings.dataDir, 'spool')), [id], 'its file stays');
  assert.equal((await stored(server, id)).owner, other);

  await alive`SELECT pg_advisory_unlock(${PROCESS_LOCK}, hashtext(${other}))`;
  await held.release();
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  await expectCatalogue(server, modelOf(FILE));
  await expectNothingLeft(server);
});

test('a process acquires its lock again after its connection is terminated', async (t) => {
  const server = await startTestServer(t);
  const { sql, processId } = server.database;
  const holders = () => sql<{ pid: number }[]>`
    SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = ${PROCESS_LOCK} AND datname = current_database() AND granted`;
  assert.ok(processId);
  const [before] = await holders();
  await sql`SELECT pg_terminate_backend(${before?.pid ?? 0}::integer)`;
  await waitUntil('another connection has it', async () => {
    const [now] = await holders();
    return now !== undefined && now.pid !== before?.pid;
  });
});

test('orphaned data is removed at startup, and data of imports is kept', {
  skip: needsOwnership(),
}, async (t) => {
  const first = await startTestServer(t);
  const held = await holdMerges(t, first);
  const { id } = expectNoErrors(await upload(first.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(first, 'merge');
  const spool = join(first.settings.dataDir, 'spool');
  const gone = randomUUID();
  await first.database.sql.unsafe(`CREATE TABLE loadstone_staging."${gone}_1_0" ()`);
  await writeFile(join(spool, gone), 'x');
  await writeFile(join(spool, `${randomUUID()}.part`), 'x');
  const { dataDir, databaseUrl } = first.settings;
  await startTestServer(t, { dataDir, databaseUrl });
  assert.deepEqual(await readdir(spool), [id]);
  const staged = await first.database.sql<{ id: string }[]>`
    SELECT DISTINCT split_part(tablename, '_', 1) AS id FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  assert.deepEqual([...staged], [{ id }]);
  await held.release();
  assert.equal((await importEnds(first.url, id)).status, 'COMPLETED');
  await expectNothingLeft(first);
});

test('the latest state stays the latest when the database clock is set back', async (t) => {
  const server = await startTestServer(t);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await waitForWaiting(server, 'merge');
  await server.database
    .sql`UPDATE imports SET updated_at = now() + interval '1 day', created_at = now() + interval '1 day' WHERE id = ${id}`;
  const states = watchProgress(server.url, id);
  await states.next();
  await held.release();
  assert.equal((await last(states)).status, 'COMPLETED');
  assert.ok(await importState(server.url, id));
});

test('lanes waiting for the database react to a cancellation and a shutdown', async (t) => {
  const server = await startTestServer(t);
  const rejected = 'name,sku,description\n,no-name,x\n';
  const [cancelled, handedBack] = [randomUUID(), randomUUID()];
  // Another insert of the same issue waits until this transaction ends.
  const issue = (id: string) => `('${id}', 2, 'SUPERSEDED', 'SUPERSEDED', '')`;
  const held = await holdLock(
    t,
    server,
    `INSERT INTO import_row_issues (import_id, line, kind, code, record) VALUES ${issue(cancelled)}, ${issue(handedBack)}`,
  );
  expectNoErrors(await upload(server.url, 'a.csv', rejected, { id: cancelled }));
  await waitForWaiting(server, 'lane');
  const cancel = 'mutation ($id: ID!) { cancelImport(id: $id) { status } }';
  const { data } = await query<{ cancelImport: ImportState }>(server.url, cancel, { id: cancelled });
  assert.equal(data?.cancelImport.status, 'CANCELLED');
  expectNoErrors(await upload(server.url, 'a.csv', rejected, { id: handedBack }));
  await waitForWaiting(server, 'lane');
  await server.close();
  assert.deepEqual({ ...(await stored(server, handedBack)) }, { status: 'LOADING', owner: null });
  await held.release();
});

/** A server whose database can be cut off; `server.database` connects to it directly. */
async function startBehindRelay(
  t: TestContext,
  settings: { databaseWaitSeconds?: number } = {},
): Promise<{ server: TestServer; relay: TcpRelay }> {
  const database = await createTestDatabase(t);
  const address = new URL(database.url);
  const relay = await TcpRelay.start(Number(address.port));
  releaseAfter(t, () => relay[Symbol.asyncDispose]());
  address.host = `127.0.0.1:${relay.port}`;
  const server = await startTestServer(t, { databaseUrl: address.href, ...settings });
  return { server: { ...server, database }, relay };
}

async function first(
  states: AsyncIterator<ImportState>,
  isWanted: (state: ImportState) => boolean,
): Promise<ImportState> {
  for (;;) {
    const { value, done } = await states.next();
    assert.ok(!done, 'the stream ended before');
    if (isWanted(value)) return value;
  }
}

async function last(states: AsyncIterable<ImportState>): Promise<ImportState> {
  let seen: ImportState | undefined;
  for await (const state of states) seen = state;
  return seen ?? assert.fail('no state came');
}

async function stored(
  { database }: TestServer,
  id: string,
): Promise<{ status: string; owner: string | null }> {
  const [row] = await database.sql<{ status: string; owner: string | null }[]>`
    SELECT status, owner FROM imports WHERE id = ${id}`;
  return row ?? assert.fail('no such import');
}

async function endMerges({ database }: TestServer, how: 'pg_cancel_backend' | 'pg_terminate_backend') {
  const ended = await database.sql.unsafe(`
    SELECT ${how}(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone merge @%'`);
  assert.ok(ended.length > 0);
}

async function waitForNoMerge(server: TestServer): Promise<void> {
  await waitUntil('the merge gives up', async () => (await merges(server)) === 0);
}

async function merges({ database }: TestServer): Promise<number> {
  const found = await database.sql`
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone merge @%'`;
  return found.length;
}
