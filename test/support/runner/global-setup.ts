// Prepares a test run: one Postgres with a migrated template database, and the console's build. Removes them
// afterwards, even if the run is interrupted.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../../src/db/postgres/startup/migrate.ts';
import { adminOf, closeAdmins, closeToAll, joinNodes, onEachNode } from '../database/cluster.ts';
import { IS_RUN_HOSTILE, makeHostile } from '../database/hostile-settings.ts';
import { AS_SERVING_ROLE, createServingRole } from '../database/serving-role.ts';
import { addressOf, GIVEN_POSTGRES, publishPostgres, RUN_FOLDER } from '../database/template.ts';
import { buildConsole } from './build-console.ts';

/** The in-memory file system of Linux. */
const MEMORY = '/dev/shm';
/** In bytes; a run takes less than half of it. */
const MEMORY_NEEDED = 6 * 2 ** 30;

const opened = new AsyncDisposableStack();
let setup: Promise<void> | undefined;
let teardown: Promise<void> | undefined;

export async function globalSetup(): Promise<void> {
  setup = Promise.all([preparePostgres(), buildConsole()]).then(() => {});
  await setup.catch(async (error: unknown) => {
    await globalTeardown();
    throw error;
  });
}

/** If the run is interrupted, this is called twice, and perhaps before the setup has finished. */
export async function globalTeardown(): Promise<void> {
  teardown ??= Promise.allSettled([setup]).then(() => opened.disposeAsync());
  await teardown;
}

async function preparePostgres(): Promise<void> {
  // Removes the temporary folders of interrupted tests as well.
  process.env['TMPDIR'] = await makeFolder(tmpdir());
  const given = process.env[GIVEN_POSTGRES];
  const url = given || (await startPostgres());
  opened.defer(closeAdmins);
  // Several runs may share one server.
  const template = `loadstone_test_${randomBytes(4).toString('hex')}`;
  if (given) opened.defer(() => dropDatabases(url, template));
  await createTemplate(url, template);
  const servingRole = process.env[AS_SERVING_ROLE] && (await createRole(url, template));
  await closeToAll(url, template);
  publishPostgres({ url, template, isEmbedded: !given, ...(servingRole && { servingRole }) });
}

async function startPostgres(): Promise<string> {
  const server = await startEmbeddedPostgres({
    dataDir: await makeFolder(await placeForDatabases()),
    log: pino({ level: 'silent' }),
    // Its data need not survive a crash.
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      shared_buffers: '256MB',
      min_wal_size: '80MB',
      max_wal_size: '1GB',
    },
  });
  opened.defer(() => server.close());
  return server.url;
}

async function makeFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, `${process.env[RUN_FOLDER]}-`));
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** In memory if there is enough: the database of each test is some 300 files, which are slow to create on a disk. */
async function placeForDatabases(): Promise<string> {
  const room = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room >= MEMORY_NEEDED ? MEMORY : tmpdir();
}

async function createTemplate(url: string, template: string): Promise<void> {
  await onEachNode(url, (admin) => admin`create database ${admin(template)}`);
  await joinNodes(url, template);
  if (IS_RUN_HOSTILE) await makeHostile(adminOf(url), template);
  await migrateDatabase(addressOf(template, url));
}

/** @returns its name */
async function createRole(url: string, template: string): Promise<string> {
  const role = `${template}_server`;
  const { sql, close } = openDatabase(addressOf(template, url), { max: 1 });
  try {
    await createServingRole(sql, role, template);
  } finally {
    await close();
  }
  return role;
}

/** Drops the template, and the databases of interrupted tests. */
async function dropDatabases(url: string, template: string): Promise<void> {
  await onEachNode(url, async (admin) => {
    const left = await admin<{ datname: string }[]>`
      select datname from pg_database where starts_with(datname, ${template})`;
    for (const { datname } of left) await admin`drop database if exists ${admin(datname)} with (force)`;
    await admin`drop role if exists ${admin(`${template}_server`)}`;
  });
}
