// What Loadstone needs of the tables in a database: its names are free before the first migration; later the tables are
// its own, and complete.

import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import * as tables from '../../tables.ts';
import { MIGRATIONS_SCHEMA, MIGRATIONS_TABLE, STAGING_SCHEMA } from '../schemas.ts';
import { quoteIdentifier } from '../sql/quote-identifier.ts';

const OWN_TABLES = Object.values<unknown>(tables)
  .filter((table): table is PgTable => is(table, PgTable))
  .map((table) => getTableConfig(table));
const OWN_NAMES = OWN_TABLES.map(({ name }) => name);
/** Created by hand-written migrations. */
const OWN_FUNCTIONS = ['fold_name', 'update_product', 'create_product', 'delete_product', 'stored_size'];

/**
 * For a database without Loadstone's tables.
 *
 * @throws SettingsError if one of their names is taken
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
    `The schema ${quoteIdentifier(schema)} has a ${kindName(kind)} ${quoteIdentifier(name)} that is not Loadstone's. Set DATABASE_URL to a database for Loadstone alone, or create a schema for it in this one: CREATE SCHEMA ${role} AUTHORIZATION ${role}`,
  );
}

/**
 * For a database with Loadstone's tables.
 *
 * @throws SettingsError if the role does not own them and so cannot alter them
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
    `The ${foreign.what} ${quoteIdentifier(foreign.name)} belongs to the role ${owner}, and the role ${role} does not have its privileges. Set MIGRATE=never if it is only to serve. Otherwise connect as that role in DATABASE_URL, or run there: GRANT ${owner} TO ${role}`,
  );
}

/**
 * For a role that does not own the tables.
 *
 * @throws SettingsError if it may not read and write them, or not stage rows
 */
export async function requirePrivileges(sql: postgres.Sql): Promise<void> {
  const [missing] = await sql<{ privilege: string; object: string; role: string }[]>`
    WITH objects AS (
      SELECT 'SCHEMA ' || quote_ident(nspname) AS object, ARRAY['USAGE', 'CREATE'] AS privileges,
        ARRAY[has_schema_privilege(oid, 'USAGE'), has_schema_privilege(oid, 'CREATE')] AS granted
      FROM pg_namespace WHERE nspname = ${STAGING_SCHEMA}
      UNION ALL
      SELECT 'SCHEMA ' || quote_ident(nspname), ARRAY['USAGE'], ARRAY[has_schema_privilege(oid, 'USAGE')]
      FROM pg_namespace WHERE nspname = ${MIGRATIONS_SCHEMA}
      UNION ALL
      SELECT quote_ident(nspname) || '.' || quote_ident(relname), ARRAY['SELECT'], ARRAY[has_table_privilege(c.oid, 'SELECT')]
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = ${MIGRATIONS_SCHEMA} AND relname = ${MIGRATIONS_TABLE}
      UNION ALL
      SELECT quote_ident(relname), ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
        ARRAY[has_table_privilege(oid, 'SELECT'), has_table_privilege(oid, 'INSERT'), has_table_privilege(oid, 'UPDATE'),
          has_table_privilege(oid, 'DELETE')]
      FROM pg_class WHERE relname = ANY (${OWN_NAMES}::text[]) AND pg_table_is_visible(oid)
    )
    SELECT privilege, object, current_user AS role
    FROM objects, unnest(privileges, granted) AS each (privilege, granted) WHERE NOT each.granted LIMIT 1`;
  if (!missing) return;
  const { privilege, object } = missing;
  throw new SettingsError(
    `The role ${quoteIdentifier(missing.role)} lacks the privilege ${privilege} on ${object}. Run there what docs/operations.md lists for a role that only serves, or: GRANT ${privilege} ON ${object} TO ${quoteIdentifier(missing.role)}`,
  );
}

/**
 * For a database with all migrations.
 *
 * @throws SettingsError if a table is not what the migrations created, or a function is missing
 */
export async function requireIntactSchema(sql: postgres.Sql): Promise<void> {
  const found = await sql<{ name: string; kind: string; columns: string[] }[]>`
    SELECT relname AS name, relkind AS kind,
      ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class c WHERE relname = ANY (${OWN_NAMES}::text[]) AND pg_table_is_visible(oid)`;
  for (const { name, columns } of OWN_TABLES) {
    const table = found.find((relation) => relation.name === name);
    const missing = columns.find((column) => !table?.columns.includes(column.name));
    const difference = differenceOf(table?.kind, missing?.name);
    if (difference) {
      throw new SettingsError(
        `The table ${quoteIdentifier(name)} is not as Loadstone created it: ${difference}. Restore it from a backup, or set DATABASE_URL to another database.`,
      );
    }
  }
  const [missing] = await sql<{ name: string }[]>`
    SELECT name FROM unnest(${OWN_FUNCTIONS}::text[]) AS name
    WHERE NOT EXISTS (SELECT FROM pg_proc WHERE proname = name AND pg_function_is_visible(oid)) LIMIT 1`;
  if (missing) {
    throw new SettingsError(
      `The function ${quoteIdentifier(missing.name)} is missing from the database. Restore it from a backup, or set DATABASE_URL to another database.`,
    );
  }
}

function differenceOf(kind: string | undefined, missingColumn: string | undefined): string | undefined {
  if (kind === undefined) return 'it is missing';
  if (!['r', 'p'].includes(kind)) return `it is a ${kindName(kind)}`;
  return missingColumn && `the column ${quoteIdentifier(missingColumn)} is missing`;
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
