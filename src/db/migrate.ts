// Brings the tables of a database up to date, before anything else touches it.

import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { SettingsError } from '../errors.ts';
import { type Database, openDatabase } from './client.ts';

const migrationsFolder = join(import.meta.dirname, '../../drizzle');

const OLDEST_SUPPORTED = 15;

/** Key of the advisory lock held while migrating. Any number will do, as long as it never changes. */
const MIGRATION_LOCK = 7_160_318_204;

/**
 * Applies the migrations that the database has not seen. Processes that start together take turns.
 *
 * @throws SettingsError if the database cannot be reached, is older than Postgres 15, or was already
 *   migrated by a newer Loadstone
 */
export async function migrateDatabase(url: string): Promise<void> {
  const database = openDatabase(url, { max: 1, applicationName: 'loadstone migrate' });
  try {
    await requireSupportedVersion(database);
    // Of the session: released when the connection closes, so a killed process blocks nobody.
    await database.sql`select pg_advisory_lock(${MIGRATION_LOCK}::bigint)`;
    await requireKnownMigrations(database);
    await migrate(database.orm, { migrationsFolder });
  } finally {
    await database.close();
  }
}

async function requireSupportedVersion({ sql, url }: Database): Promise<void> {
  const [row] = await sql<[{ version: string; number: number }]>`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number
  `.catch((error: unknown) => {
    throw unreachable(url, error);
  });
  if (row.number < OLDEST_SUPPORTED * 10_000) {
    throw new SettingsError(
      `The database runs Postgres ${row.version}; Loadstone needs ${OLDEST_SUPPORTED} or newer. Upgrade it, or unset DATABASE_URL to use the embedded Postgres.`,
    );
  }
}

async function requireKnownMigrations({ sql }: Database): Promise<void> {
  const [table] = await sql<[{ exists: boolean }]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as exists
  `;
  if (!table.exists) return;
  const [applied] = await sql<[{ newest: number | null }]>`
    select max(created_at) as newest from drizzle.__drizzle_migrations
  `;
  const known = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  if ((applied.newest ?? 0) > known) {
    throw new SettingsError(
      'The database was migrated by a newer Loadstone than this one. Start that version, or use another database.',
    );
  }
}

/** Names the server, never the password. */
export function unreachable(url: string, cause: unknown): SettingsError {
  const server = URL.canParse(url) ? new URL(url).host : 'the given address';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SettingsError(
    `Cannot use the database at ${server}: ${reason}. Check DATABASE_URL and that Postgres runs there.`,
    { cause },
  );
}
