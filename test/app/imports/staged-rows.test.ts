// All imports together stage MAX_STAGED_ROWS at most. One that would need more fails, says who holds the others, and frees its own.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import type { Settings } from '../../../src/config.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importUntilReady } from '../../support/imports/previews.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const LIMIT = 5;

const fileOf = (rows: number, prefix: string) =>
  `name,sku,description\n${Array.from({ length: rows }, (_, index) => `Ann,${prefix}-${index},\n`).join('')}`;

const start = (t: TestContext, settings: Partial<Settings> = {}) =>
  startTestServer(t, { ...ONE_LANE, maxStagedRows: LIMIT, ...settings });

test('a file with as many rows as the limit is imported, one with a row more fails and frees what it staged', async (t) => {
  const server = await start(t);
  for (const rows of [LIMIT - 1, LIMIT]) {
    assert.equal((await importAndWait(server.url, fileOf(rows, 'a'))).status, 'COMPLETED');
  }
  const rejected = await importAndWait(server.url, `${fileOf(LIMIT, 'a')}${',x,\n'.repeat(3)}`);
  assert.deepEqual([rejected.status, rejected.rows.rejected], ['COMPLETED', 3]);
  const failed = await importAndWait(server.url, fileOf(LIMIT + 1, 'b'));
  expectTooMany(failed, /^The file has more than 5 rows, .* Split the file, or raise MAX_STAGED_ROWS/);
  await expectStagedBy(server, []);
  const [{ skus } = {}] = await server.database
    .sql`SELECT count(*) AS skus FROM products WHERE sku LIKE 'b%'`;
  assert.equal(skus, 0);

  const { dataDir, databaseUrl } = server.settings;
  await server.close();
  const raised = await start(t, { dataDir, databaseUrl, maxStagedRows: LIMIT + 1 });
  assert.equal((await retried(raised, failed.id)).status, 'COMPLETED');
  await expectNothingLeft(raised);
});

test('rows of a preview count on every server, until it is cancelled or committed', async (t) => {
  const first = await start(t);
  const { dataDir, databaseUrl } = first.settings;
  const preview = await importUntilReady(first.url, fileOf(LIMIT - 1, 'a'));
  // Nobody works on it.
  await first.close();
  const second = await start(t, { dataDir, databaseUrl });
  assert.equal((await importAndWait(second.url, fileOf(1, 'b'))).status, 'COMPLETED');
  const failed = await importAndWait(second.url, fileOf(2, 'c'));
  expectTooMany(
    failed,
    /Others hold 4 rows: 1 import ready to be committed\. Commit or cancel what is ready, then retry the import; or split the file, or raise MAX_STAGED_ROWS\.$/,
  );
  await expectStagedBy(second, [preview.id]);

  await cancelled(second, preview.id);
  assert.equal((await retried(second, failed.id)).status, 'COMPLETED');
  const next = await importUntilReady(second.url, fileOf(LIMIT, 'd'));
  expectTooMany(await importAndWait(second.url, fileOf(1, 'e')), /Others hold 5 rows/);
  // An undo stages nothing.
  const undo = await query<{ undoImport: { id: string } }>(
    second.url,
    'mutation ($id: ID!) { undoImport(id: $id) { id } }',
    { id: failed.id },
  );
  assert.equal((await importEnds(second.url, expectNoErrors(undo).undoImport.id)).status, 'COMPLETED');
  await query(second.url, 'mutation ($id: ID!) { commitImport(id: $id) { id } }', { id: next.id });
  assert.equal((await importEnds(second.url, next.id)).status, 'COMPLETED');
  assert.equal((await importAndWait(second.url, fileOf(LIMIT, 'f'))).status, 'COMPLETED');
  await expectExactCounts(second);
});

test('a preview that would not fit is not made', async (t) => {
  const server = await start(t);
  const first = await importUntilReady(server.url, fileOf(3, 'a'));
  const { id } = expectNoErrors(
    await upload(server.url, 'b.csv', fileOf(3, 'b'), { preview: true }),
  ).importProducts;
  expectTooMany(await importEnds(server.url, id), /1 import ready to be committed/);
  await expectStagedBy(server, [first.id]);
});

test('of imports that are worked on at once, one that fits is not stopped by one that does not', async (t) => {
  const server = await start(t);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', fileOf(3, 'a'))).importProducts;
  await waitForWaiting(server, 'merge');
  const failed = await importAndWait(server.url, fileOf(3, 'b'));
  expectTooMany(failed, /Others hold 3 rows: 1 import being worked on\. Wait until the others have ended,/);
  await expectStagedBy(server, [id]);
  await held.release();
  assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
  assert.equal((await retried(server, failed.id)).status, 'COMPLETED');
  await expectNothingLeft(server);
});

test('an import whose merge has begun keeps its place when it fails, and when its rows are loaded again', async (t) => {
  const server = await start(t);
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', fileOf(LIMIT, 'a'))).importProducts;
  await waitForWaiting(server, 'merge');
  await server.close();
  await held.release();
  const { sql } = server.database;
  await sql`
    UPDATE imports SET status = 'FAILED', finished_at = now(), owner = NULL, error_code = 'DATABASE_UNAVAILABLE',
      retry_until = now() + interval '1 hour' WHERE id = ${id}`;
  const { dataDir, databaseUrl } = server.settings;
  const second = await start(t, { dataDir, databaseUrl });
  expectTooMany(
    await importAndWait(second.url, fileOf(1, 'b')),
    /Others hold 5 rows: 1 import that failed and can be retried\. Retry or delete what failed, then/,
  );
  // As after a crash of the database: then the rows are loaded again, though there is no room by now.
  const [{ tablename } = {}] =
    await sql`SELECT tablename FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  await sql.unsafe(`TRUNCATE loadstone_staging."${tablename}"`);
  const { id: other } = await sql.begin(async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      INSERT INTO imports (id, file_name, status, max_rejected_rows, rows_read, expires_at)
      VALUES (gen_random_uuid(), 'other.csv', 'READY', 0, 3, now() + interval '1 hour') RETURNING id`;
    return row ?? assert.fail();
  });
  assert.equal((await retried(second, id)).status, 'COMPLETED');
  await cancelled(second, other);
  await expectExactCounts(second);
});

test('a large file that does not fit fails, and is imported without a limit', async (t) => {
  const file = Buffer.concat([...sampleChunks(60_000, 7)].map(({ bytes }) => bytes));
  const server = await startTestServer(t, { maxStagedRows: 59_999 });
  expectTooMany(await importAndWait(server.url, file), /more than 59999 rows/);
  await expectStagedBy(server, []);
  const { dataDir, databaseUrl } = server.settings;
  const unlimited = await startTestServer(t, { maxStagedRows: 0, dataDir, databaseUrl });
  assert.equal((await importAndWait(unlimited.url, file)).status, 'COMPLETED');
});

function expectTooMany({ status, error, retryableUntil }: ImportState, message: RegExp): void {
  assert.deepEqual([status, error?.code], ['FAILED', 'TOO_MANY_STAGED_ROWS']);
  assert.match(error?.message ?? '', message);
  assert.match(error?.message ?? '', /nothing was imported/);
  assert.ok(retryableUntil);
}

async function expectStagedBy({ database }: TestServer, ids: string[]): Promise<void> {
  const found = await database.sql<{ id: string }[]>`
    SELECT DISTINCT left(tablename, 36) AS id FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  assert.deepEqual(
    found.map(({ id }) => id),
    ids,
  );
}

async function retried({ url }: TestServer, id: string): Promise<ImportState> {
  expectNoErrors(await query(url, 'mutation ($id: ID!) { retryImport(id: $id) { id } }', { id }));
  return importEnds(url, id);
}

async function cancelled({ url }: TestServer, id: string): Promise<void> {
  expectNoErrors(await query(url, 'mutation ($id: ID!) { cancelImport(id: $id) { id } }', { id }));
  assert.equal((await importEnds(url, id)).status, 'CANCELLED');
}
