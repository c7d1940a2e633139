// Makes imports stay at a stage, as anyone else who uses the database might: by a lock in a session that stays open.

import { closePool, openPool } from '../../src/db/postgres/connection/pool.ts';
import { COUNTS_LOCK } from '../../src/db/postgres/locks/advisory-locks.ts';

export interface Hold {
  /** May be called again, and when Postgres took the lock with it. */
  release(): Promise<void>;
}

/** No lane can write rejected rows, and no load can begin: imports stay in LOADING. */
export async function holdLoads(url: string): Promise<Hold> {
  return hold(url, 'LOCK TABLE import_row_issues IN SHARE MODE');
}

/** No merge can write name counts, and so none can end. */
export async function holdMerges(url: string): Promise<Hold> {
  return hold(url, `SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`);
}

async function hold(url: string, statement: string): Promise<Hold> {
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
