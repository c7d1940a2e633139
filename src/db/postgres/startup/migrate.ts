// Checks at startup that a database is usable, and migrates its tables.

import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import { type Database, openDatabase } from '../connection/database.ts';
import { MIGRATION_LOCK } from '../locks/advisory-locks.ts';
import { MIGRATIONS_SCHEMA, MIGRATIONS_TABLE } from '../schemas.ts';
import { isConnectionFailure } from '../sqlstate.ts';
import { requireUsableServer } from './server-requirements.ts';
import { requireSessionPooling } from './session-pooling.ts';
import { connectionError, migrationError } from './startup-errors.ts';
import { requireIntactSchema, requireTableOwnership, requireUnusedTableNames } from './table-requirements.ts';

const migrationsFolder = join(import.meta.dirname, '../../../../drizzle');

/**
 * Applies pending migrations. Processes that start at the same time take turns.
 *
 * @throws SettingsError with a one-line message if the database is unreachable or unusable, or was migrated by a newer
 *   Loadstone
 */
export async function migrateDatabase(url: string): Promise<void> {
  const database = openDatabase(url, { max: 1, applicationName: 'loadstone migrate' });
  try {
    await prepare(database);
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    const cause = causeOf(error);
    if (isConnectionFailure(cause)) throw connectionError(url, cause);
    throw cause instanceof postgres.PostgresError ? migrationError(cause) : error;
  } finally {
    await database.close();
  }
}

async function prepare({ sql, orm, url }: Database): Promise<void> {
  await sql.unsafe('SELECT 1').catch((error: unknown) => {
    throw connectionError(url, error);
  });
  await requireSessionPooling(sql, url);
  await requireUsableServer(sql);
  // A session lock: released when the connection closes, so a killed process does not block others.
  await sql`SELECT pg_advisory_lock(${MIGRATION_LOCK}::bigint)`;
  if (await hasMigrations(sql)) {
    await requireTableOwnership(sql);
    await requireKnownMigrations(sql);
  } else {
    await requireUnusedTableNames(sql);
  }
  await migrate(orm, {
    migrationsFolder,
    migrationsSchema: MIGRATIONS_SCHEMA,
    migrationsTable: MIGRATIONS_TABLE,
  });
  await requireIntactSchema(sql);
}

async function hasMigrations(sql: postgres.Sql): Promise<boolean> {
  const found = await sql`
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = ${MIGRATIONS_SCHEMA} AND relname = ${MIGRATIONS_TABLE}`;
  return found.length > 0;
}

async function requireKnownMigrations(sql: postgres.Sql): Promise<void> {
  const applied = await sql<{ hash: string; at: number }[]>`
    SELECT hash, created_at AS at FROM ${sql(MIGRATIONS_SCHEMA)}.${sql(MIGRATIONS_TABLE)}`;
  const known = readMigrationFiles({ migrationsFolder });
  if (applied.length > 0 && !applied.some(({ hash }) => known.some((migration) => migration.hash === hash))) {
    throw new SettingsError(
      `Another application keeps its migrations in ${MIGRATIONS_SCHEMA}.${MIGRATIONS_TABLE} of this database, where Loadstone keeps its own. Set DATABASE_URL to a database for Loadstone alone.`,
    );
  }
  const newest = known.at(-1)?.folderMillis ?? 0;
  if (applied.some(({ at }) => at > newest)) {
    throw new SettingsError(
      'The database was migrated by a newer version of Loadstone. Start that version, or set DATABASE_URL to another database.',
    );
  }
}

/** Drizzle wraps the errors of postgres.js. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof postgres.PostgresError ? error.cause : error;
}
