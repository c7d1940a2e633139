// A database for one test: a copy of the migrated template, dropped after the test.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openDatabase } from '../../../src/db/postgres/connection/database.ts';
import type { Pool } from '../../../src/db/postgres/connection/pool.ts';
import { releaseAfter } from '../release.ts';
import { adminOf, closeAdmins, closeToAll, onEachNode } from './cluster.ts';
import { IS_RUN_HOSTILE, makeHostile } from './hostile-settings.ts';
import { addressOf, testPostgres } from './template.ts';

/** How long connections may take to close after a test. */
const GRACE_MS = 2_000;

// After all tests of the process.
after(closeAdmins);

/**
 * Creates a database with Loadstone's tables, all empty. The test fails if connections to it, other than those of
 * the returned pool, are left open.
 *
 * @param options.max maximum number of connections of the pool
 * @param options.bare leaves out the tables
 * @param options.hostile gives it settings that Loadstone must not depend on
 */
export async function createTestDatabase(
  t: TestContext,
  {
    bare = false,
    hostile = IS_RUN_HOSTILE,
    ...options
  }: { max?: number; bare?: boolean; hostile?: boolean } = {},
): Promise<Database> {
  const { url, template, isEmbedded } = testPostgres();
  const name = `${template}_${randomUUID().replaceAll('-', '')}`;
  await onEachNode(url, async (admin) => {
    // A third of the work of the default strategy if files need not reach the disk.
    const strategy = admin.unsafe(isEmbedded ? 'strategy file_copy' : '');
    await admin`create database ${admin(name)} template ${admin(bare ? 'template0' : template)} ${strategy}`;
  });
  if (hostile) await makeHostile(adminOf(url), name);
  releaseAfter(t, () => drop(name));
  const database = openDatabase(addressOf(name, url), { ...options, applicationName: 'test' });
  releaseAfter(t, () => database.close());
  return database;
}

async function drop(name: string): Promise<void> {
  const { url } = testPostgres();
  const leaked = await connectionsAfterGrace(adminOf(url), name);
  await closeToAll(url, name);
  await onEachNode(url, (admin) => admin`drop database if exists ${admin(name)} with (force)`);
  assert.deepEqual(leaked, [], 'connections were left open');
}

async function connectionsAfterGrace(sql: Pool, database: string): Promise<object[]> {
  for (const end = Date.now() + GRACE_MS; ; await sleep(20)) {
    const connections = await sql`
      select application_name, state, query from pg_stat_activity
      where datname = ${database} and backend_type = 'client backend' and application_name not like 'citus_internal%'
    `;
    if (connections.length === 0 || Date.now() > end) return [...connections];
  }
}
