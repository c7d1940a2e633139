// Locks, temporary tables and settings of a session need it to last. Behind a pooler in transaction or statement mode it
// does not: each statement may run on whatever connection is free.

import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import { closePool, openPool, type Pool } from '../connection/pool.ts';

/** After both sessions have left their marks, this often each is asked for its own: poolers take turns, or do not. */
const ASKED = ['first', 'second', 'second', 'first', 'first', 'second'] as const;

/**
 * @param sql one connection to that address
 * @throws SettingsError when sessions do not last there
 */
export async function requireSessionPooling(sql: postgres.Sql, url: string): Promise<void> {
  const other = openPool(url, { max: 1, applicationName: 'loadstone migrate' });
  try {
    await other.unsafe('SELECT 1').catch((cause: unknown) => {
      throw noSecondConnection(cause);
    });
    const sessions = { first: await mark(sql), second: await mark(other) };
    for (const session of ASKED) if (!(await sessions[session].isThere())) throw sessionsDoNotLast();
  } finally {
    await closePool(other);
  }
}

/** In the simple protocol: prepared statements do not last in such a session either. */
async function mark(sql: Pool): Promise<{ isThere(): Promise<boolean> }> {
  const token = randomUUID();
  await sql.unsafe(`SELECT set_config('loadstone.session', '${token}', false)`);
  return {
    async isThere() {
      const [row] = await sql.unsafe(`SELECT current_setting('loadstone.session', true) AS token`);
      return row?.['token'] === token;
    },
  };
}

function sessionsDoNotLast(): SettingsError {
  return new SettingsError(
    'DATABASE_URL leads to a connection pooler in transaction or statement mode, where sessions do not last. Set it to session mode (pgbouncer: pool_mode = session), or give the address of the database itself.',
  );
}

function noSecondConnection(cause: unknown): SettingsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SettingsError(
    `The database of DATABASE_URL gives no second connection (${reason}). Let it have more: CONNECTION LIMIT of the role or the database, max_connections of the server, or default_pool_size of a pooler.`,
    { cause },
  );
}
