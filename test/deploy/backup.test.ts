// A backup by pg_dump while an import runs, restored to another database: nothing is wrong there, and the import goes on
// or fails with a reason.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../bench/processes/free-port.ts';
import { openPool } from '../../src/db/postgres/connection/pool.ts';
import { migrateDatabase } from '../../src/db/postgres/startup/migrate.ts';
import { runCommand } from '../cli/support.ts';
import { holdMerges, waitForWaiting } from '../support/imports/hold-lock.ts';
import { importEnds } from '../support/imports/import-state.ts';
import { releaseAfter } from '../support/release.ts';
import { expectNoErrors, importAndWait, upload } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const NOBODY = 65_534;
const DEBIAN = '/usr/lib/postgresql';

/** The folder with a Postgres and its own pg_dump, which dumps no newer one. */
async function binaries(): Promise<string | undefined> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const folders = versions
    .filter((version) => Number(version) >= 15)
    .map((version) => join(DEBIAN, version, 'bin'));
  for (const folder of folders) if ((await readdir(folder)).includes('pg_dump')) return folder;
  return undefined;
}

const BIN = await binaries();

test('a dump that is made while an import runs is restored whole, and the import goes on there or fails clearly', {
  skip: BIN === undefined && 'there is no Postgres with pg_dump',
}, async (t) => {
  const bin = BIN ?? assert.fail();
  const postgres = await startPostgres(t, bin);
  const url = await createDatabase(postgres, 'loadstone');
  await migrateDatabase(url);
  const server = await startTestServer(t, { ...ONE_LANE, databaseUrl: url });
  await importAndWait(server.url, 'sku,name,description\na,Ann,1\nb,Bob,1\n');
  const held = await holdMerges(t, server);
  const running = expectNoErrors(
    await upload(server.url, 'running.csv', 'sku,name,description\na,Ann,2\nc,Cid,1\n'),
  ).importProducts.id;
  await waitForWaiting(server, 'merge');
  const folder = await createTemporaryFolder(t);
  const dump = join(folder, 'loadstone.dump');
  execFileSync(join(bin, 'pg_dump'), ['--format=custom', '--no-unlogged-table-data', `--file=${dump}`, url]);
  await held.release();
  assert.equal((await importEnds(server.url, running)).status, 'COMPLETED');
  await server.close();

  const withSpool = await restored(bin, postgres, 'with_spool', dump);
  const verified = await runCommand(t, 'verify', [], { DATABASE_URL: withSpool });
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  // The file is gone with the end of the import: as after the loss of the disk.
  const other = await startTestServer(t, { ...ONE_LANE, databaseUrl: withSpool, databaseWaitSeconds: 1 });
  const ended = await importEnds(other.url, running);
  assert.deepEqual([ended.status, ended.error?.code], ['FAILED', 'SPOOL_UNAVAILABLE']);
  await importAndWait(other.url, 'sku,name,description\na,Ann,2\nc,Cid,1\n');
  const after = await runCommand(t, 'verify', [], { DATABASE_URL: withSpool });
  assert.equal(after.status, 0, after.stdout + after.stderr);
});

async function restored(bin: string, postgres: string, name: string, dump: string): Promise<string> {
  const url = await createDatabase(postgres, name);
  execFileSync(join(bin, 'pg_restore'), ['--exit-on-error', '--no-owner', `--dbname=${url}`, dump]);
  return url;
}

async function createDatabase(postgres: string, name: string): Promise<string> {
  const admin = openPool(postgres, { max: 1, applicationName: 'test' });
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
  await admin.end();
  return Object.assign(new URL(postgres), { pathname: `/${name}` }).href;
}

/** @returns its URL */
async function startPostgres(t: TestContext, bin: string): Promise<string> {
  const folder = await createTemporaryFolder(t);
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if ('uid' in account) {
    await chown(folder, NOBODY, NOBODY);
    const parent = dirname(folder);
    if (((await stat(parent)).mode & 0o001) === 0) await chmod(parent, 0o711);
  }
  const cluster = join(folder, 'cluster');
  const how = ['--username=loadstone', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  execFileSync(join(bin, 'initdb'), ['-D', cluster, ...how], { ...account, cwd: folder, stdio: 'pipe' });
  const port = await freePort();
  const settings = ['-h', '127.0.0.1', '-p', String(port), '-k', '', '-F'];
  const child = spawn(join(bin, 'postgres'), ['-D', cluster, ...settings], {
    ...account,
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  releaseAfter(t, async () => {
    child.kill('SIGQUIT');
    await ended;
  });
  const url = `postgres://loadstone@127.0.0.1:${port}/postgres`;
  await waitUntil('Postgres answers', async () => {
    const probe = openPool(url, { max: 1, applicationName: 'test' });
    return probe`SELECT 1`
      .then(
        () => true,
        () => false,
      )
      .finally(() => probe.end());
  });
  return url;
}
