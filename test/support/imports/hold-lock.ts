// Makes an import wait, as another user of the database might: with a lock in a transaction that stays open.

import type { TestContext } from 'node:test';
import { closePool, openPool } from '../../../src/db/postgres/connection/pool.ts';
import { COUNTS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';
import { hasCitus } from '../../../src/db/postgres/placement.ts';
import { releaseAfter } from '../release.ts';
import type { TestServer } from '../server/server.ts';
import { waitUntil } from '../wait-until.ts';

export interface HeldLock {
  /** Rolls the transaction back. */
  release(): Promise<void>;
  commit(): Promise<void>;
}

/** @param statement acquires the lock */
export async function holdLock(
  t: TestContext,
  { database }: Pick<TestServer, 'database'>,
  statement: string,
): Promise<HeldLock> {
  const held = openPool(database.url, { max: 1, applicationName: 'test' });
  await held.unsafe('BEGIN');
  await held.unsafe(statement);
  let released = false;
  async function release(): Promise<void> {
    if (released) return;
    released = true;
    await closePool(held);
  }
  releaseAfter(t, release);
  const commit = async () => {
    await held.unsafe('COMMIT');
    await release();
  };
  return { release, commit };
}

/** Merges cannot write name counts, and so cannot complete. */
export async function holdMerges(t: TestContext, server: TestServer): Promise<HeldLock> {
  return holdLock(t, server, `SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`);
}

/** @param purpose of the server's connections that should wait for a lock */
export async function waitForWaiting(
  { database }: Pick<TestServer, 'database'>,
  purpose: string,
): Promise<void> {
  const { sql } = database;
  const isOfPurpose = sql`datname = current_database() AND application_name LIKE ${`loadstone ${purpose} @%`}`;
  await waitUntil(`a connection for "${purpose}" waits`, async () => {
    const here = await sql`
      SELECT 1 FROM pg_stat_activity WHERE ${isOfPurpose} AND wait_event_type = 'Lock'`;
    if (here.length > 0 || !(await hasCitus(sql))) return here.length > 0;
    const onNodes = await sql`
      SELECT 1 FROM citus_lock_waits JOIN citus_stat_activity ON global_pid = waiting_gpid WHERE ${isOfPurpose}`;
    return onNodes.length > 0;
  });
}
