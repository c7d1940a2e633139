// Checks at startup that a database is usable, and migrates its tables; or, for a role that may not, that they are migrated.

import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import { type Database, openDatabase } from '../connection/database.ts';
import { MIGRATION_LOCK } from '../locks/advisory-locks.ts';
import { placeEmptyTables } from '../placement.ts';
import { MIGRATIONS_SCHEMA, MIGRATIONS_TABLE, STAGING_SCHEMA } from '../schemas.ts';
import { isConnectionFailure } from '../sqlstate.ts';
import { requireUsableServer } from './server-requirements.ts';
import { requireSessionPooling } from './session-pooling.ts';
import { connectionError, migrationError } from './startup-errors.ts';
import {
  requireIntactSchema,
  requirePrivileges,
  requireTableOwnership,
  requireUnusedTableNames,
} from './table-requirements.ts';

const migrationsFolder = join(import.meta.dirname, '../../../../drizzle');

/**
 * Applies pending migrations. Processes that start at the same time take turns.
 *
 * @throws SettingsError with a one-line message if the database is unreachable or unusable, or was migrated by a newer
 *   Loadstone
 */
export async function migrateDatabase(url: string): Promise<void> {
  await withDatabase(url, migrateTables);
}

/**
 * For a role that serves, and may not migrate.
 *
 * @throws SettingsError with a one-line message if the database is unreachable or unusable, lacks a migration, was migrated
 *   by a newer Loadstone, or the role lacks a privilege
 */
export async function requireMigratedDatabase(url: string): Promise<void> {
  await withDatabase(url, requireMigratedTables);
}

async function withDatabase(url: string, prepare: (database: Database) => Promise<void>): Promise<void> {
  const database = openDatabase(url, { max: 1, applicationName: 'loadstone migrate' });
  try {
    await database.sql.unsafe('SELECT 1').catch((error: unknown) => {
      throw connectionError(url, error);
    });
    await requireSessionPooling(database.sql, url);
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

async function migrateTables({ sql, orm }: Database): Promise<void> {
  await requireUsableServer(sql, 'migrate');
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
  // For roles that only serve: they may not create it.
  await sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${STAGING_SCHEMA}`);
  await requireIntactSchema(sql);
  await placeEmptyTables(sql);
}

async function requireMigratedTables({ sql }: Database): Promise<void> {
  await requireUsableServer(sql, 'serve');
  if (!(await hasMigrations(sql))) throw behind('has no tables of Loadstone');
  await requirePrivileges(sql);
  const missing = await requireKnownMigrations(sql);
  const [staging] = await sql`SELECT FROM pg_namespace WHERE nspname = ${STAGING_SCHEMA}`;
  if (!staging) throw behind(`has no schema ${STAGING_SCHEMA}`);
  if (missing > 0) throw behind(`lacks ${missing} of this version's migrations`);
  await requireIntactSchema(sql);
}

/** The newest migration of this version. */
const newestMigration = memoized(() => readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0);

/** @returns how the database differs from what this version expects of its migrations; undefined if it does not */
export async function migrationFault(sql: postgres.Sql): Promise<string | undefined> {
  const [newest] = await sql<{ at: number | null }[]>`
    SELECT max(created_at) AS at FROM ${sql(MIGRATIONS_SCHEMA)}.${sql(MIGRATIONS_TABLE)}`;
  const applied = newest?.at ?? 0;
  if (applied < newestMigration()) return 'the database lacks migrations of this version';
  if (applied > newestMigration()) return 'the database was migrated by a newer version';
  return undefined;
}

function memoized<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function behind(what: string): SettingsError {
  return new SettingsError(
    `The database ${what}, and MIGRATE=never forbids this server to migrate it. Run \`npm run migrate\` with the DATABASE_URL of the role that owns the tables, then start the server again.`,
  );
}

async function hasMigrations(sql: postgres.Sql): Promise<boolean> {
  const found = await sql`
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = ${MIGRATIONS_SCHEMA} AND relname = ${MIGRATIONS_TABLE}`;
  return found.length > 0;
}

/** @returns how many are still to be applied */
async function requireKnownMigrations(sql: postgres.Sql): Promise<number> {
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
  const last = Math.max(0, ...applied.map(({ at }) => Number(at)));
  return known.filter(({ folderMillis }) => folderMillis > last).length;
}

/** Drizzle wraps the errors of postgres.js. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof postgres.PostgresError ? error.cause : error;
}
