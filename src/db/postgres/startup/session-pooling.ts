// Session locks, temporary tables and session settings need connections that stay with one client. A pooler in transaction
// or statement mode runs each statement on any free connection instead.

import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import { closePool, openPool, type Pool } from '../connection/pool.ts';

/** The order in which two sessions are checked after both set a marker: some poolers rotate connections, others do not. */
const CHECKS = ['first', 'second', 'second', 'first', 'first', 'second'] as const;

/**
 * @param sql one connection to that URL
 * @throws SettingsError if a pooler does not keep sessions
 */
export async function requireSessionPooling(sql: postgres.Sql, url: string): Promise<void> {
  const other = openPool(url, { max: 1, applicationName: 'loadstone migrate' });
  try {
    await other.unsafe('SELECT 1').catch((cause: unknown) => {
      throw noSecondConnection(cause);
    });
    const sessions = { first: await setMarker(sql), second: await setMarker(other) };
    for (const session of CHECKS) if (!(await sessions[session].hasMarker())) throw sessionsNotKept();
  } finally {
    await closePool(other);
  }
}

/** Uses the simple protocol, as prepared statements would fail behind such a pooler. */
async function setMarker(sql: Pool): Promise<{ hasMarker(): Promise<boolean> }> {
  const marker = randomUUID();
  await sql.unsafe(`SELECT set_config('loadstone.session', '${marker}', false)`);
  return {
    async hasMarker() {
      const [row] = await sql.unsafe(`SELECT current_setting('loadstone.session', true) AS marker`);
      return row?.['marker'] === marker;
    },
  };
}

function sessionsNotKept(): SettingsError {
  return new SettingsError(
    'DATABASE_URL points to a connection pooler in transaction or statement mode, which does not keep sessions. Set the pooler to session mode (pgbouncer: pool_mode = session), or connect to the database directly.',
  );
}

function noSecondConnection(cause: unknown): SettingsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SettingsError(
    `The database in DATABASE_URL allows no second connection (${reason}). Raise the limit: CONNECTION LIMIT of the role or the database, max_connections of the server, or default_pool_size of a pooler.`,
    { cause },
  );
}
