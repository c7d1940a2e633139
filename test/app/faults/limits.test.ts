// The database disk fills up while an import loads or merges. The import waits, says so, and continues once there is
// space; after too long a wait it fails and can be retried. No row is lost or duplicated.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { verifyCatalogue } from '../../../src/db/catalogue/verification/verify-catalogue.ts';
import { type Database, openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { needsEmbeddedPostgres, testPostgres } from '../../support/database/template.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, query, upload } from '../../support/server/graphql-client.ts';
import { startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  fillSmallDisk,
  mountSmallDisk,
  NO_SMALL_DISK,
  resizeSmallDisk,
} from '../../support/server/small-disk.ts';
import { waitUntil } from '../../support/wait-until.ts';

const TOO_SMALL = 8;
const LARGE_ENOUGH = 128;
/** 11 MB: more than one partition. */
const FILE = Buffer.concat([...sampleChunks(60_000, 3)].map(({ bytes }) => bytes));

const SMALL_FILE = Buffer.from('sku,name,description\na-1,Ann,\n');

test('an import waits for disk space to stage rows, then continues', {
  skip: NO_SMALL_DISK || needsEmbeddedPostgres(),
}, async (t) => {
  const small = await databaseOnSmallDisk(t);
  if (!small) return;
  const server = await startTestServer(t, { databaseUrl: small.database.url });
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  await importReaches(server.url, id, 'it waits', ({ waitingFor }) => waitingFor === 'DATABASE');
  await expectSound(server, new CatalogueModel());

  await resizeSmallDisk(small.disk, LARGE_ENOUGH);
  await expectCompleted(server, id);
});

test('an import waits for disk space to merge, keeps what it has merged, then merges the rest', {
  skip: NO_SMALL_DISK || needsEmbeddedPostgres(),
}, async (t) => {
  const small = await databaseOnSmallDisk(t);
  if (!small) return;
  const { database, disk, tablespace } = small;
  await database.sql.unsafe(`ALTER DATABASE ${nameOf(database)} RESET default_tablespace`);
  await database.sql.unsafe(`ALTER TABLE products SET TABLESPACE ${tablespace}`);
  const server = await startTestServer(t, { databaseUrl: database.url });
  const { id } = expectNoErrors(await upload(server.url, 'a.csv', FILE)).importProducts;
  const waiting = await importReaches(
    server.url,
    id,
    'it waits',
    ({ waitingFor }) => waitingFor === 'DATABASE',
  );
  assert.equal(waiting.status, 'MERGING');
  const { equal, products, runningImports } = await verifyCatalogue(database, () => {}, t.signal);
  assert.deepEqual([equal, runningImports.total], [true, 1]);
  assert.ok(products < 60_000);

  await resizeSmallDisk(disk, LARGE_ENOUGH);
  await expectCompleted(server, id);
});

test('an import fails with advice after waiting too long for disk space, and a retry completes it', {
  skip: NO_SMALL_DISK || needsEmbeddedPostgres(),
}, async (t) => {
  const small = await databaseOnSmallDisk(t);
  if (!small) return;
  const server = await startTestServer(t, {
    databaseUrl: small.database.url,
    databaseWaitSeconds: 2,
  });
  const id = randomUUID();
  expectNoErrors(await upload(server.url, 'a.csv', FILE, { id }));
  await waitUntil(
    'it is given up',
    async () => (await importState(server.url, id))?.status === 'FAILED',
    30_000,
  );
  const failed = await importEnds(server.url, id);
  assert.equal(failed.error?.code, 'DATABASE_FULL');
  assert.match(
    failed.error.message,
    /disk of the database is full.*Free some space there, then retry the import/,
  );
  await expectSound(server, new CatalogueModel());

  await resizeSmallDisk(small.disk, LARGE_ENOUGH);
  expectNoErrors(await query(server.url, 'mutation ($id: ID!) { retryImport(id: $id) { status } }', { id }));
  await expectCompleted(server, id);
});

test('an upload is rejected with advice while the disk is too full to create an import, and accepted once there is space', {
  skip: NO_SMALL_DISK || needsEmbeddedPostgres(),
}, async (t) => {
  const small = await databaseOnSmallDisk(t);
  if (!small) return;
  const { database, disk, tablespace } = small;
  await database.sql.unsafe(`ALTER DATABASE ${nameOf(database)} RESET default_tablespace`);
  await database.sql.unsafe(`ALTER TABLE imports SET TABLESPACE ${tablespace}`);
  const server = await startTestServer(t, { databaseUrl: database.url });
  await fillSmallDisk(disk);
  const id = randomUUID();
  const { errors } = await upload(server.url, 'a.csv', SMALL_FILE, { id });
  assert.equal(errors?.[0]?.extensions?.code, 'DATABASE_FULL');
  assert.match(errors[0].message, /disk of the database is full.*Free some space there, then try again/);
  await expectNothingLeft(server);

  await resizeSmallDisk(disk, LARGE_ENOUGH);
  expectNoErrors(await upload(server.url, 'a.csv', SMALL_FILE, { id }));
  await expectCompleted(server, id, SMALL_FILE);
});

async function expectCompleted(server: TestServer, id: string, file = FILE): Promise<void> {
  await waitUntil('it ends', async () => (await importState(server.url, id))?.finishedAt !== null, 60_000);
  const done = await importEnds(server.url, id);
  assert.deepEqual([done.status, done.error], ['COMPLETED', null]);
  const model = new CatalogueModel();
  assert.deepEqual(done.rows, model.import(file));
  await expectSound(server, model);
  await expectNothingLeft(server);
}

/** Expects the catalogue of the model and a consistent database. */
async function expectSound(server: TestServer, model: CatalogueModel): Promise<void> {
  await expectCatalogue(server, model);
  const found = await verifyCatalogue(server.database, () => {}, AbortSignal.timeout(60_000));
  assert.equal(found.equal, true, JSON.stringify(found));
}

/** A database that creates new tables on a disk too small for the file. */
async function databaseOnSmallDisk(
  t: TestContext,
): Promise<{ database: Database; disk: string; tablespace: string } | undefined> {
  const disk = await mountSmallDisk(t, TOO_SMALL);
  if (!disk) return undefined;
  const admin = openDatabase(testPostgres().url, { max: 1, applicationName: 'test' });
  releaseAfter(t, () => admin.close());
  const [cluster] = await admin.sql<[{ folder: string }]>`SELECT current_setting('data_directory') AS folder`;
  const { uid, gid } = await stat(cluster.folder);
  await chown(disk, uid, gid);
  // Postgres runs as another user where the tests run as root.
  await chmod(dirname(disk), 0o711);
  const tablespace = `small_${randomUUID().replaceAll('-', '')}`;
  await admin.sql.unsafe(`CREATE TABLESPACE ${tablespace} LOCATION '${disk}'`);
  releaseAfter(t, () => admin.sql.unsafe(`DROP TABLESPACE ${tablespace}`));
  const database = await createTestDatabase(t);
  await admin.sql.unsafe(`ALTER DATABASE ${nameOf(database)} SET default_tablespace = ${tablespace}`);
  return { database, disk, tablespace };
}

function nameOf({ url }: Database): string {
  return new URL(url).pathname.slice(1);
}
