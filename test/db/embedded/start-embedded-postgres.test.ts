import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { isRunning } from '../../../src/db/embedded/process-identity.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/db/embedded/start-embedded-postgres.ts';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { SettingsError } from '../../../src/errors.ts';
import { releaseAfter } from '../../support/release.ts';
import { mountSmallDisk, NO_SMALL_DISK } from '../../support/server/small-disk.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const SETTINGS = { shared_buffers: '16MB', min_wal_size: '32MB' };

test('data survives a restart, and no process runs in between', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  const first = await start(t, dataDir);
  await run(first.url, 'create table notes (text text)');
  await run(first.url, "insert into notes values ('kept')");
  const postmaster = await postmasterOf(dataDir);
  await first.close();
  assert.equal(await isRunning(postmaster), false);

  const second = await start(t, dataDir);
  assert.deepEqual(await run(second.url, 'select text from notes'), [{ text: 'kept' }]);
});

test('closing twice, one after the other or concurrently, closes once', async (t) => {
  const postgres = await start(t, await createCluster(t));
  await Promise.all([postgres.close(), postgres.close()]);
  await postgres.close();
});

test('closing does not wait for a client that holds a connection', async (t) => {
  const postgres = await start(t, await createCluster(t));
  const { sql } = openDatabase(postgres.url);
  releaseAfter(t, () => sql.end({ timeout: 0 }));
  const query = assert.rejects(sql`select pg_sleep(600)`);
  await sleep(200);
  await postgres.close();
  await query;
});

test('committed data is durable, in the folder that the server reports, and unreadable for other users', async (t) => {
  const dataDir = await createCluster(t);
  // As an earlier version left them.
  await writeFile(join(dataDir, 'postgres.log'), '');
  await chmod(join(dataDir, 'postgres.log'), 0o644);
  await chmod(dataDir, 0o755);
  const { url } = await start(t, dataDir);
  assert.equal((await stat(dataDir)).mode & 0o767, 0o700, 'nobody else may list the folder');
  assert.equal((await stat(join(dataDir, 'postgres.log'))).mode & 0o777, 0o600);
  assert.deepEqual(
    await run(
      url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
         current_setting('listen_addresses') as address, current_setting('data_directory') as folder`,
    ),
    [{ fsync: 'on', commit: 'on', address: '127.0.0.1', folder: join(dataDir, 'postgres') }],
  );
  assert.equal((await stat(join(dataDir, 'postgres'))).mode & 0o777, 0o700);
  assert.equal((await stat(join(dataDir, 'postgres', 'loadstone.password'))).mode & 0o777, 0o600);
  const noPassword = new URL(url);
  noPassword.password = 'wrong';
  await assert.rejects(run(noPassword.href, 'select 1'), { code: '28P01' });
});

test('text is sorted and case-folded the same on every machine', async (t) => {
  const { url } = await start(t, await createCluster(t));
  assert.deepEqual(await run(url, `select lower('ÄÖ') as lower, 'B' < 'a' as bytewise`), [
    { lower: 'äö', bytewise: true },
  ]);
});

test('a new server takes over the Postgres of a killed one and stops it on close', async (t) => {
  const dataDir = await createCluster(t);
  const killed = await startElsewhere(t, dataDir);
  const postmaster = await postmasterOf(dataDir);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  assert.equal(await isRunning(postmaster), true);

  const next = await start(t, dataDir);
  assert.equal(await postmasterOf(dataDir), postmaster);
  assert.deepEqual(await run(next.url, 'select 1 as one'), [{ one: 1 }]);
  await next.close();
  assert.equal(await isRunning(postmaster), false);
});

test('the server starts after a machine crash that left all lock files behind', async (t) => {
  const dataDir = await createCluster(t);
  const killed = await startElsewhere(t, dataDir);
  const postmaster = await postmasterOf(dataDir);
  killed.kill('SIGKILL');
  process.kill(postmaster, 'SIGKILL');
  await once(killed, 'exit');
  await gone(postmaster);

  const next = await start(t, dataDir);
  assert.deepEqual(await run(next.url, 'select 1 as one'), [{ one: 1 }]);
});

test('a stale process id that now belongs to another process does not prevent a start', async (t) => {
  const dataDir = await createCluster(t);
  await (await start(t, dataDir)).close();
  // An unrelated process of the same user, with which Postgres by itself would refuse to start.
  const pidFile = [
    process.pid,
    join(dataDir, 'postgres'),
    '1700000000',
    '5432',
    '',
    '127.0.0.1',
    '',
    'ready',
  ];
  await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), pidFile.join('\n'));

  const next = await start(t, dataDir);
  assert.deepEqual(await run(next.url, 'select 1 as one'), [{ one: 1 }]);
});

test('Postgres is restarted after a crash, at the same address and with all committed data', async (t) => {
  const dataDir = await createCluster(t);
  const { url } = await start(t, dataDir);
  await run(url, 'create table notes (text text)');
  const died = await postmasterOf(dataDir);
  process.kill(died, 'SIGKILL');
  await gone(died);

  for (const end = Date.now() + 20_000; ; await sleep(100)) {
    const answered = await run(url, 'select from notes').then(
      () => true,
      () => false,
    );
    if (answered) break;
    assert.ok(Date.now() < end, 'it is not back');
  }
  assert.notEqual(await postmasterOf(dataDir), died);
});

test('a second server on the same folder is refused, and the first continues', async (t) => {
  const dataDir = await createCluster(t);
  const first = await startElsewhere(t, dataDir);
  await assert.rejects(start(t, dataDir), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, new RegExp(`process ${first.pid}.*DATA_DIR.*DATABASE_URL`));
    return true;
  });
  assert.equal(await isRunning(await postmasterOf(dataDir)), true);
});

test('only one of several servers that start concurrently on one folder succeeds', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => start(t, dataDir)));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a killed startup does not prevent later ones', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  await mkdir(join(dataDir, 'postgres.new', 'base'), { recursive: true });
  await writeFile(join(dataDir, 'postgres.new.password'), 'half');
  await writeFile(join(dataDir, 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));

  const { url } = await start(t, dataDir);
  assert.deepEqual(await run(url, 'select 1 as one'), [{ one: 1 }]);
  assert.equal(existsSync(join(dataDir, 'postgres.new')), false);
});

test('a cluster of another major version is refused with advice and left unchanged', async (t) => {
  const dataDir = await createTemporaryFolder(t);
  await mkdir(join(dataDir, 'postgres'));
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '14\n');
  await assert.rejects(start(t, dataDir), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /created by Postgres 14\. This version of Loadstone includes Postgres \d+/);
    return true;
  });
  assert.equal(existsSync(join(dataDir, 'owner.json')), false);
});

test('a setting that Postgres rejects is reported with the error of Postgres', async (t) => {
  const dataDir = await createCluster(t);
  const settings = { shared_buffers: 'plenty' };
  await assert.rejects(start(t, dataDir, settings), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /did not start.*invalid value for parameter "shared_buffers": "plenty"/s);
    return true;
  });
});

test('a disk that is too small for the database is told in one line', { skip: NO_SMALL_DISK }, async (t) => {
  const dataDir = await mountSmallDisk(t, 8);
  if (dataDir === undefined) return;
  await assert.rejects(start(t, dataDir), (error: Error) => {
    assert.match(
      error.message,
      /^The disk of the data folder \S+ is full\. .* set DATA_DIR to a larger disk\.$/,
    );
    return error instanceof SettingsError;
  });
});

test('a data folder that is a file is refused with advice', async (t) => {
  const path = join(await createTemporaryFolder(t), 'file');
  await writeFile(path, '');
  await assert.rejects(start(t, path), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /Set DATA_DIR/);
    return true;
  });
});

let cluster: Promise<string> | undefined;

after(async () => {
  if (cluster) await rm(await cluster, { recursive: true, force: true });
});

/** @returns a data folder with a cluster that was stopped: a copy of one, as creating each would take most of the time */
async function createCluster(t: TestContext): Promise<string> {
  cluster ??= initialize();
  const folder = await createTemporaryFolder(t);
  // Copies the owner as well.
  await promisify(execFile)('cp', ['-a', `${await cluster}/.`, folder]);
  return folder;
}

async function initialize(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'loadstone-test-'));
  await (
    await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), settings: SETTINGS })
  ).close();
  return dataDir;
}

async function start(
  t: TestContext,
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: pino({ level: 'silent' }),
    settings: { ...SETTINGS, ...settings },
  });
  releaseAfter(t, () => postgres.close());
  return postgres;
}

/** In a separate process that can be killed. */
async function startElsewhere(t: TestContext, dataDir: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, '../../support/database/hold-embedded-postgres.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  releaseAfter(t, async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    // The next owner stops the Postgres that this one left running.
    await (await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })).close();
  });
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  return child;
}

async function run(url: string, statement: string): Promise<object[]> {
  const { sql, close } = openDatabase(url, { max: 1 });
  try {
    return [...(await sql.unsafe(statement))];
  } finally {
    await close();
  }
}

async function postmasterOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function gone(pid: number): Promise<void> {
  for (const end = Date.now() + 5_000; await isRunning(pid); await sleep(20)) {
    assert.ok(Date.now() < end, `process ${pid} did not end`);
  }
}
