// What a database needs for Loadstone to serve from it, and why one will not do.

import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import * as tables from '../../tables.ts';
import { STAGING_SCHEMA } from '../schemas.ts';
import { quoteIdentifier } from './startup-errors.ts';

/** Where Drizzle notes which migrations were applied. */
export const MIGRATIONS_SCHEMA = 'drizzle';
export const MIGRATIONS_TABLE = '__drizzle_migrations';

const OLDEST_SUPPORTED = 15;

/** What is asked of a database before anything is done to it. */
export interface DatabaseFacts {
  database: string;
  role: string;
  /** As Postgres tells it, and as a number: 180004 for 18.4. */
  version: string;
  versionNumber: number;
  encoding: string;
  isStandby: boolean;
  mayCreateSchemas: boolean;
  mayCreateTemporary: boolean;
  /** Where tables are made; null when there is no such schema, or the role may not use it. */
  schema: string | null;
  mayCreateTables: boolean;
}

/** @throws SettingsError that says what is missing, and how to have it */
export async function requireUsableServer(sql: postgres.Sql): Promise<void> {
  const [facts] = await sql<[DatabaseFacts]>`
    SELECT current_database() AS database, current_user AS role,
      current_setting('server_version') AS version,
      current_setting('server_version_num')::int AS "versionNumber",
      getdatabaseencoding() AS encoding, pg_is_in_recovery() AS "isStandby",
      has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchemas",
      has_database_privilege(current_database(), 'TEMPORARY') AS "mayCreateTemporary",
      current_schema() AS schema,
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS "mayCreateTables"`;
  const fault = unmetRequirement(facts);
  if (fault) throw new SettingsError(fault);
}

/** @returns undefined when it will do */
export function unmetRequirement(facts: DatabaseFacts): string | undefined {
  const { version, versionNumber, encoding, schema } = facts;
  const [database, role] = [quoteIdentifier(facts.database), quoteIdentifier(facts.role)];
  if (versionNumber < OLDEST_SUPPORTED * 10_000) {
    return `The database runs Postgres ${version}; Loadstone needs ${OLDEST_SUPPORTED} or newer. Upgrade it, or unset DATABASE_URL to use the embedded Postgres.`;
  }
  if (encoding !== 'UTF8') {
    return `The database ${database} has the encoding ${encoding}; Loadstone needs UTF8. Make another one, and name it in DATABASE_URL: CREATE DATABASE loadstone TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`;
  }
  if (facts.isStandby) {
    return 'The database is a standby, which can only be read. Name the primary in DATABASE_URL, or promote this one: SELECT pg_promote()';
  }
  if (!facts.mayCreateSchemas || !facts.mayCreateTemporary) {
    return `The role ${role} may not make schemas and temporary tables in the database ${database}. Run there: GRANT CREATE, TEMPORARY ON DATABASE ${database} TO ${role}`;
  }
  if (schema === null) {
    return `The database ${database} has no schema for the tables of the role ${role}. Run there: CREATE SCHEMA ${role} AUTHORIZATION ${role}`;
  }
  if (!facts.mayCreateTables) {
    return `The role ${role} may not make tables in the schema ${quoteIdentifier(schema)} of the database ${database}. Run there: GRANT CREATE ON SCHEMA ${quoteIdentifier(schema)} TO ${role}`;
  }
  return undefined;
}

/** What Loadstone makes, and alters later. */
const OWN_TABLES = Object.values<unknown>(tables)
  .filter((table): table is PgTable => is(table, PgTable))
  .map((table) => getTableConfig(table));
const OWN_NAMES = OWN_TABLES.map(({ name }) => name);
/** By migrations that are written by hand. */
const OWN_FUNCTIONS = ['fold_name', 'update_product'];

/**
 * Of a database without Loadstone's tables.
 *
 * @throws SettingsError when their names are taken
 */
export async function requireUnusedTableNames(sql: postgres.Sql): Promise<void> {
  const [taken] = await sql<{ name: string; kind: string; schema: string; role: string }[]>`
    SELECT relname AS name, relkind AS kind, current_schema() AS schema, current_user AS role FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY (${OWN_NAMES}::text[])
    ORDER BY relname = 'products' DESC, relname LIMIT 1`;
  if (!taken) return;
  const { name, kind, schema } = taken;
  const role = quoteIdentifier(taken.role);
  throw new SettingsError(
    `The schema ${quoteIdentifier(schema)} has a ${kindName(kind)} ${quoteIdentifier(name)} that is not Loadstone's. Name a database of its own in DATABASE_URL, or give it a schema of its own there: CREATE SCHEMA ${role} AUTHORIZATION ${role}`,
  );
}

/**
 * Of a database with Loadstone's tables.
 *
 * @throws SettingsError when they belong to others, who alone may alter them
 */
export async function requireTableOwnership(sql: postgres.Sql): Promise<void> {
  const [foreign] = await sql<{ what: string; name: string; owner: string; role: string }[]>`
    SELECT what, name, pg_get_userbyid(owner) AS owner, current_user AS role
    FROM (
      SELECT 'schema' AS what, nspname AS name, nspowner AS owner FROM pg_namespace
      WHERE nspname IN (${STAGING_SCHEMA}, ${MIGRATIONS_SCHEMA})
        AND NOT (has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE'))
      UNION ALL
      SELECT 'table', relname, relowner FROM pg_class
      WHERE relname = ANY (${OWN_NAMES}::text[]) AND pg_table_is_visible(oid) AND NOT pg_has_role(relowner, 'USAGE')
    ) foreigners
    ORDER BY name = 'products' DESC, name LIMIT 1`;
  if (!foreign) return;
  const [owner, role] = [quoteIdentifier(foreign.owner), quoteIdentifier(foreign.role)];
  throw new SettingsError(
    `The ${foreign.what} ${quoteIdentifier(foreign.name)} belongs to the role ${owner}, whose rights the role ${role} has not. Name that role in DATABASE_URL, or run there: GRANT ${owner} TO ${role}`,
  );
}

/**
 * Of a database with all migrations.
 *
 * @throws SettingsError when a table is not what they made, or a function is gone
 */
export async function requireIntactTables(sql: postgres.Sql): Promise<void> {
  const found = await sql<{ name: string; kind: string; columns: string[] }[]>`
    SELECT relname AS name, relkind AS kind,
      ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class c WHERE relname = ANY (${OWN_NAMES}::text[]) AND pg_table_is_visible(oid)`;
  for (const { name, columns } of OWN_TABLES) {
    const table = found.find((relation) => relation.name === name);
    const missing = columns.find((column) => !table?.columns.includes(column.name));
    const fault = faultOf(table?.kind, missing?.name);
    if (fault) {
      throw new SettingsError(
        `The table ${quoteIdentifier(name)} is not as Loadstone made it: ${fault}. Restore it from a backup, or name another database in DATABASE_URL.`,
      );
    }
  }
  const [missing] = await sql<{ name: string }[]>`
    SELECT name FROM unnest(${OWN_FUNCTIONS}::text[]) AS name
    WHERE NOT EXISTS (SELECT FROM pg_proc WHERE proname = name AND pg_function_is_visible(oid)) LIMIT 1`;
  if (missing) {
    throw new SettingsError(
      `The function ${quoteIdentifier(missing.name)} is gone from the database. Restore it from a backup, or name another database in DATABASE_URL.`,
    );
  }
}

function faultOf(kind: string | undefined, missingColumn: string | undefined): string | undefined {
  if (kind === undefined) return 'it is gone';
  if (!['r', 'p'].includes(kind)) return `it is a ${kindName(kind)}`;
  return missingColumn && `the column ${quoteIdentifier(missingColumn)} is gone`;
}

function kindName(kind: string): string {
  const names: Record<string, string> = {
    v: 'view',
    m: 'materialized view',
    f: 'foreign table',
    i: 'index',
    S: 'sequence',
    c: 'type',
  };
  return names[kind] ?? 'table';
}
