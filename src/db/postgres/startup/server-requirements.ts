// What Loadstone needs of a Postgres server, a database and a role.

import type postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import { quoteIdentifier } from '../sql/quote-identifier.ts';

const MIN_VERSION = 15;

export interface DatabaseFacts {
  database: string;
  role: string;
  /** As Postgres prints it, and as a number: 180004 for 18.4. */
  version: string;
  versionNumber: number;
  encoding: string;
  isStandby: boolean;
  mayCreateSchemas: boolean;
  mayCreateTemporary: boolean;
  /** Where tables are created; null if there is no such schema, or the role has no USAGE privilege on it. */
  schema: string | null;
  mayCreateTables: boolean;
}

/** What a role does: create and change tables, or only read and write in them. */
export type RolePurpose = 'migrate' | 'serve';

/** @throws SettingsError that says what is missing, and how to provide it */
export async function requireUsableServer(sql: postgres.Sql, purpose: RolePurpose): Promise<void> {
  const [facts] = await sql<[DatabaseFacts]>`
    SELECT current_database() AS database, current_user AS role,
      current_setting('server_version') AS version,
      current_setting('server_version_num')::int AS "versionNumber",
      getdatabaseencoding() AS encoding, pg_is_in_recovery() AS "isStandby",
      has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchemas",
      has_database_privilege(current_database(), 'TEMPORARY') AS "mayCreateTemporary",
      current_schema() AS schema,
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS "mayCreateTables"`;
  const unmet = unmetRequirement(facts, purpose);
  if (unmet) throw new SettingsError(unmet);
}

/** @returns undefined if all requirements are met */
export function unmetRequirement(facts: DatabaseFacts, purpose: RolePurpose = 'migrate'): string | undefined {
  const { version, versionNumber, encoding, schema } = facts;
  const [database, role] = [quoteIdentifier(facts.database), quoteIdentifier(facts.role)];
  if (versionNumber < MIN_VERSION * 10_000) {
    return `The database runs Postgres ${version}; Loadstone needs ${MIN_VERSION} or newer. Upgrade it, or unset DATABASE_URL to use the embedded Postgres.`;
  }
  if (encoding !== 'UTF8') {
    return `The database ${database} has the encoding ${encoding}; Loadstone needs UTF8. Create another database for DATABASE_URL: CREATE DATABASE loadstone TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`;
  }
  if (facts.isStandby) {
    return 'The database is a read-only standby. Set DATABASE_URL to the primary, or promote this server: SELECT pg_promote()';
  }
  if (purpose === 'serve') {
    if (facts.mayCreateTemporary) return undefined;
    return `The role ${role} may not create temporary tables in the database ${database}. Run there: GRANT TEMPORARY ON DATABASE ${database} TO ${role}`;
  }
  if (!facts.mayCreateSchemas || !facts.mayCreateTemporary) {
    return `The role ${role} may not create schemas and temporary tables in the database ${database}. Run there: GRANT CREATE, TEMPORARY ON DATABASE ${database} TO ${role}`;
  }
  if (schema === null) {
    return `The database ${database} has no schema in which the role ${role} can create tables. Run there: CREATE SCHEMA ${role} AUTHORIZATION ${role}`;
  }
  if (!facts.mayCreateTables) {
    return `The role ${role} may not create tables in the schema ${quoteIdentifier(schema)} of the database ${database}. Run there: GRANT CREATE ON SCHEMA ${quoteIdentifier(schema)} TO ${role}`;
  }
  return undefined;
}
