// Keeps imports at a stage with a lock that a session of another client holds.

import { closePool, openPool } from '../../../src/db/postgres/connection/pool.ts';
import { COUNTS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';

export interface Hold {
  /** May be called again, also when Postgres has crashed and the lock is gone. */
  release(): Promise<void>;
}

/** Imports stay in LOADING: no lane can write rejected rows, and no load can begin. */
export async function holdLoads(url: string): Promise<Hold> {
  return hold(url, 'LOCK TABLE import_row_issues IN SHARE MODE');
}

/** Imports stay in MERGING: no merge can write name counts. */
export async function holdMerges(url: string): Promise<Hold> {
  return hold(url, `SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`);
}

/** @param statement acquires the lock */
export async function hold(url: string, statement: string): Promise<Hold> {
  const sql = openPool(url, { max: 1, applicationName: 'torture hold' });
  let released: Promise<void> | undefined;
  const release = () => (released ??= closePool(sql).catch(() => {}));
  try {
    await sql.unsafe('BEGIN');
    await sql.unsafe(statement);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}
