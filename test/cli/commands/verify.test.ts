// A user verifies a database from the command line: in use or idle, embedded or not.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { isRunning } from '../../../src/db/embedded/process-identity.ts';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../../src/db/postgres/startup/migrate.ts';
import { holdLock, holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, importAndWait, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { runCommand, startCommand } from '../support.ts';

const FILE = 'name,sku,description\nAnn,a-1,one\nBob,b-1,two\nAnn,a-2,three\nCid,a-1,four\n,c-1,nameless\n';

test('without differences it lists what it checked and skipped, and exits with 0', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, FILE);
  await holdMerges(t, server);
  const { id } = expectNoErrors(
    await upload(server.url, 'my new.csv', `${FILE}Dot,d-1,five\n`),
  ).importProducts;
  await waitForWaiting(server, 'merge');
  const { status, stdout, stderr } = await runCommand(t, 'verify', [], databaseOf(server));
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  const lines = stdout.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, '<instant>').split('\n');
  const { host, pathname } = new URL(server.database.url);
  assert.deepEqual(lines, [
    `The database at ${host}${pathname}:`,
    'Comparing the stored counts with the products …',
    'Comparing the ledgers of completed imports with their issues and partitions …',
    'Looking for staging tables of imports that have finished …',
    '',
    '3 products, 3 names: each count is the number of its products.',
    'Completed imports: 1. All ledgers add up and agree with their issues and partitions.',
    'There are no staging tables of finished imports.',
    'Unfinished imports, whose ledgers are still open (1):',
    `  ${id} "my new.csv" MERGING`,
    'There are no differences, as of <instant>.',
    '',
  ]);
});

test('differences are reported with both numbers, and it exits with 1', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { sql } = server.database;
  const { id } = await importAndWait(server.url, FILE);
  await sql`UPDATE imports SET rows_read = 1234567`;
  await sql`DELETE FROM import_row_issues WHERE kind = 'REJECTED'`;
  await sql`UPDATE import_partitions SET merged_at = NULL`;
  await sql`UPDATE product_name_counts SET product_count = 7 WHERE name = 'Cid'`;
  await sql`UPDATE product_name_counts SET name = ${'No\u001b[31m\u009b\none'} WHERE name = 'Ann'`;
  await sql`INSERT INTO product_name_counts SELECT 'x-' || i, 1 FROM generate_series(100, 130) i`;
  await sql.unsafe(`CREATE TABLE loadstone_staging."${id}_1_0" (); CREATE TABLE loadstone_staging.stray ()`);
  const { status, stdout } = await runCommand(t, 'verify', [], databaseOf(server));
  assert.equal(status, 1);
  assert.equal(/\p{Cc}/u.test(stdout.replaceAll('\n', '')), false, 'what a terminal obeys is escaped');
  const told = stdout.slice(stdout.indexOf('\n\n') + 2).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, '<instant>');
  const superfluous = Array.from(
    { length: 19 },
    (_, i) => `  ${`"x-${100 + i}"`.padEnd(25)}         0     1`,
  );
  assert.deepEqual(told.split('\n'), [
    '3 products, 35 names:',
    'Names of products without a count (1):',
    '  name   products  kept',
    '  "Ann"         1     0',
    'Counts of names that no product has (32):',
    '  name                       products  kept',
    '  "No\\u001b[31m\\u009b\\none"         0     1',
    ...superfluous,
    '  and 12 more',
    'Counts that are wrong (1):',
    '  name   products  kept',
    '  "Cid"         1     7',
    'Numbers of imports that differ (3):',
    `  ${id} "products.csv": rows read 1,234,567, rows accounted for 5`,
    `  ${id} "products.csv": rejected 1, issues of the kind REJECTED 0`,
    `  ${id} "products.csv": partitions to merge 0, partitions not merged 1`,
    'Orphaned staging tables; a running server removes them (2):',
    `  ${id}_1_0: its import is COMPLETED`,
    '  stray: it has no import',
    'There are differences, as of <instant>.',
    '',
  ]);

  const json = await runCommand(t, 'verify', ['--json'], databaseOf(server));
  assert.equal(json.status, 1);
  assert.match(json.stderr, /Comparing the stored counts/);
  const found = JSON.parse(json.stdout);
  assert.equal(found.equal, false);
  assert.ok(Date.parse(found.asOf));
  assert.deepEqual(found.wrongCounts, { total: 1, first: [{ name: 'Cid', products: 1, kept: 7 }] });
  assert.deepEqual([found.superfluousCounts.total, found.superfluousCounts.first.length], [32, 20]);
  assert.deepEqual(found.ledgers.first[0], {
    importId: id,
    fileName: 'products.csv',
    check: 'ROWS',
    ledger: 1_234_567,
    found: 5,
  });
});

test('a database that cannot be checked is reported with advice, and it exits with 2', async (t) => {
  const folder = await createTemporaryFolder(t);
  const calls: [string[], Record<string, string>, RegExp][] = [
    [['--quick'], {}, /Unknown option '--quick'.*--help/s],
    [['now'], {}, /Unexpected argument 'now'/],
    [
      [],
      { DATABASE_URL: 'postgres://shop:secret@127.0.0.1:1/shop' },
      /Cannot use the database at 127.0.0.1:1/,
    ],
    [[], { DATABASE_URL: 'mysql://shop:secret@db/shop' }, /DATABASE_URL must be the address of a Postgres/],
    [
      [],
      { DATA_DIR: folder },
      /no embedded database in .*DATA_DIR to your server's data folder, or DATABASE_URL/,
    ],
    [[], { DATA_DIR: join(folder, 'missing') }, /no embedded database in/],
  ];
  for (const [args, env, message] of calls) {
    const { status, stdout, stderr } = await runCommand(t, 'verify', args, { DATABASE_URL: '', ...env });
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stdout + stderr, /secret|\n {4}at /);
  }
  assert.deepEqual(await readdir(folder), [], 'nothing was made');
});

test('a check that Postgres cancels is reported with the error of Postgres, and it exits with 2', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await holdLock(t, server, 'LOCK TABLE products');
  const { finished } = startCommand(t, 'verify', [], databaseOf(server));
  await waitForWaiting(server, 'verify');
  await server.database.sql`
    SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone verify @%' AND wait_event_type = 'Lock'`;
  const { status, stderr } = await finished;
  assert.equal(status, 2);
  assert.match(stderr, /^Verification failed: canceling statement due to user request \(57014\)\.\n$/);
});

test('Ctrl-C stops it and cancels its query in the database', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await holdLock(t, server, 'LOCK TABLE products');
  const command = startCommand(t, 'verify', [], databaseOf(server));
  await waitForWaiting(server, 'verify');
  command.process.kill('SIGINT');
  assert.equal((await command.finished).status, 130);
});

test('--help describes every option', async (t) => {
  const { status, stdout } = await runCommand(t, 'verify', ['--help']);
  assert.equal(status, 0);
  assert.match(stdout, /--json.*DATABASE_URL.*Exit status: 0 .* 1 .* 2 .* 130/s);
});

test('the embedded Postgres of a running server is used; otherwise it is started for the check', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  const env = { DATABASE_URL: '', DATA_DIR: dataDir };
  const holder = await holdEmbeddedPostgres(t, dataDir);
  const postmaster = await postmasterOf(dataDir);
  const expectEqual = async () => {
    const { status, stdout, stderr } = await runCommand(t, 'verify', [], env);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /There are no differences/);
  };
  await expectEqual();
  assert.equal(await postmasterOf(dataDir), postmaster);
  assert.equal(holder.exitCode, null);

  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await expectEqual();
  assert.equal(
    await isRunning(postmaster),
    true,
    'what a killed server left is for the next one to take over',
  );
  process.kill(postmaster, 'SIGINT');
  while (await isRunning(postmaster)) await pause(20);

  await expectEqual();
  assert.equal(existsSync(join(dataDir, 'postgres', 'postmaster.pid')), false, 'it is stopped again');
  assert.equal(existsSync(join(dataDir, 'owner.json')), false);
  const next = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) });
  await next.close();
});

test('it waits for a Postgres that is starting', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  const first = await holdEmbeddedPostgres(t, dataDir);
  const postmaster = await postmasterOf(dataDir);
  // The owner is alive, but Postgres stays down until the owner may restart it.
  first.kill('SIGSTOP');
  process.kill(postmaster, 'SIGKILL');
  const command = startCommand(t, 'verify', [], { DATABASE_URL: '', DATA_DIR: dataDir });
  await pause(2_000);
  assert.equal(command.process.exitCode, null);
  first.kill('SIGCONT');
  const { status, stderr } = await command.finished;
  assert.equal(status, 0, stderr);
  assert.equal(first.exitCode, null);
  assert.notEqual(await postmasterOf(dataDir), postmaster);
});

function databaseOf({ database }: TestServer): Record<string, string> {
  return { DATABASE_URL: database.url };
}

/** An embedded Postgres with Loadstone's tables, held by a process of its own. */
async function holdEmbeddedPostgres(t: TestContext, dataDir: string) {
  const settings = { shared_buffers: '16MB', min_wal_size: '32MB' };
  const made = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), settings });
  releaseAfter(t, () => made.close());
  await migrateDatabase(made.url);
  const { sql, close } = openDatabase(made.url, { max: 1 });
  await sql`INSERT INTO products (sku, name, description) VALUES ('a-1', 'Ann', '')`;
  await sql`INSERT INTO product_name_counts VALUES ('Ann', 1)`;
  await close();
  await made.close();

  const script = join(import.meta.dirname, '../../support/database/hold-embedded-postgres.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  releaseAfter(t, async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    // The next owner stops the Postgres that this one left running.
    await (await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })).close();
  });
  await once(child.stdout, 'data');
  return child;
}

async function postmasterOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}
