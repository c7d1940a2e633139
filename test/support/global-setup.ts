// Starts one Postgres for a run of the tests, and removes it afterwards, interrupted or not; and sees that the console
// is built.

import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded-postgres.ts';
import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../src/db/postgres/startup/migrate.ts';
import { buildConsole } from './build-console.ts';
import { IS_RUN_HOSTILE, makeHostile } from './hostile-settings.ts';
import { addressOf, publishServer, TEMPLATE } from './template.ts';

/** Where Linux has a file system in memory. */
const MEMORY = '/dev/shm';
/** In bytes; a run takes less than half of it. */
const MEMORY_NEEDED = 6 * 2 ** 30;

const opened = new AsyncDisposableStack();
let setup: Promise<void> | undefined;
let teardown: Promise<void> | undefined;

export async function globalSetup(): Promise<void> {
  setup = Promise.all([startServer(), buildConsole()]).then(() => {});
  await setup.catch(async (error: unknown) => {
    await globalTeardown();
    throw error;
  });
}

/** When the run is interrupted, this is called twice, and perhaps before the setup is over. */
export async function globalTeardown(): Promise<void> {
  teardown ??= Promise.allSettled([setup]).then(() => opened.disposeAsync());
  await teardown;
}

async function startServer(): Promise<void> {
  // The temporary folders of tests that are interrupted go with it.
  process.env['TMPDIR'] = await makeFolder(tmpdir());
  const server = await startEmbeddedPostgres({
    dataDir: await makeFolder(await placeForDatabases()),
    log: pino({ level: 'silent' }),
    // Its data need not survive anything.
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      shared_buffers: '256MB',
      min_wal_size: '80MB',
      max_wal_size: '1GB',
    },
  });
  opened.defer(() => server.close());
  await createTemplate(server.url);
  publishServer(server.url);
}

async function makeFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, 'loadstone-tests-'));
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Memory, where there is plenty: each test's database is some three hundred files, which are dear to make on a disk. */
async function placeForDatabases(): Promise<string> {
  const room = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room >= MEMORY_NEEDED ? MEMORY : tmpdir();
}

async function createTemplate(server: string): Promise<void> {
  const admin = openDatabase(server, { max: 1 });
  try {
    await admin.sql`create database ${admin.sql(TEMPLATE)}`;
    if (IS_RUN_HOSTILE) await makeHostile(admin, TEMPLATE);
  } finally {
    await admin.close();
  }
  await migrateDatabase(addressOf(TEMPLATE, server));
}
