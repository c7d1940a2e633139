// Starts one Postgres for a run of the tests, and removes it afterwards, interrupted or not; and sees that the console
// is built.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openDatabase } from '../../src/db/client.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { buildConsole } from './build-console.ts';
import { addressOf, publishServer, TEMPLATE } from './template.ts';

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
  const dataDir = await mkdtemp(join(tmpdir(), 'loadstone-tests-'));
  opened.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
  // The temporary folders of tests that are interrupted go with it.
  process.env['TMPDIR'] = dataDir;
  const server = await startEmbeddedPostgres({
    dataDir,
    log: pino({ level: 'silent' }),
    // Its data need not survive anything.
    settings: { fsync: 'off', full_page_writes: 'off', shared_buffers: '256MB', min_wal_size: '80MB' },
  });
  opened.defer(() => server.close());
  await createTemplate(server.url);
  publishServer(server.url);
}

async function createTemplate(server: string): Promise<void> {
  const { sql, close } = openDatabase(server, { max: 1 });
  try {
    await sql`create database ${sql(TEMPLATE)}`;
  } finally {
    await close();
  }
  await migrateDatabase(addressOf(TEMPLATE, server));
}
