// Makes imports stay at a stage, as anyone else who uses the database might: by a lock in a session that stays open.

import { COUNTS } from '../../src/db/postgres/advisory-locks.ts';
import { closeConnections, openConnections } from '../../src/db/postgres/pool.ts';

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
  return hold(url, `SELECT pg_advisory_xact_lock(${COUNTS})`);
}

async function hold(url: string, statement: string): Promise<Hold> {
  const sql = openConnections(url, { max: 1, applicationName: 'torture hold' });
  let released: Promise<void> | undefined;
  const release = () => (released ??= closeConnections(sql).catch(() => {}));
  try {
    await sql.unsafe('BEGIN');
    await sql.unsafe(statement);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}
