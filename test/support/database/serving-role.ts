// The role that only serves, with the grants of docs/operations.md. `npm test -- --serving-role` has the servers of all tests
// connect as such a role.

import assert from 'node:assert/strict';
import type postgres from 'postgres';
import { readDocument } from '../../docs/documents.ts';
import { testPostgres } from './template.ts';

/** Environment variable that is set for a run with such a role. */
export const AS_SERVING_ROLE = 'LOADSTONE_TEST_SERVING_ROLE';
export const SERVING_PASSWORD = 'change-me-too';

interface DocumentedStatements {
  /** Creates the role. */
  create: string;
  /** To be run in the database, once it has its tables. */
  grants: string;
}

export function servingRoleStatements(role: string, database: string): DocumentedStatements {
  const documented = readDocument('docs/operations.md').blocks.find(({ text }) =>
    text.startsWith('CREATE ROLE loadstone_server'),
  );
  const [create = '', ...grants] = (documented?.text ?? '')
    .replaceAll('loadstone_server', role)
    .replace('DATABASE loadstone', `DATABASE "${database}"`)
    .split(';')
    .filter((statement) => statement.trim() !== '');
  assert.ok(create.includes(SERVING_PASSWORD) && grants.length === 8);
  return { create, grants: grants.join(';') };
}

/** For the database of `sql`. */
export async function createServingRole(sql: postgres.Sql, role: string, database: string): Promise<void> {
  const { create, grants } = servingRoleStatements(role, database);
  await sql.unsafe(create);
  await sql.unsafe(grants);
}

/** The URL of a test's database for its server: with the role of the run, if there is one. */
export function servingUrl(url: string): string {
  const { servingRole } = testPostgres();
  return servingRole ? urlAs(url, servingRole, SERVING_PASSWORD) : url;
}

export function isServingUrl(url: string): boolean {
  return new URL(url).username === testPostgres().servingRole;
}

/** For `skip`: why a test of what only the owner of the tables can do cannot run; false when it can. */
export function needsOwnership(): string | false {
  return testPostgres().servingRole ? 'only as the owner of the tables' : false;
}

/** The URL of a server's database for assertions. */
export function ownerUrl(url: string): string {
  const { username, password } = new URL(testPostgres().url);
  return isServingUrl(url) ? urlAs(url, username, password) : url;
}

export function urlAs(url: string, username: string, password: string): string {
  return Object.assign(new URL(url), { username, password }).href;
}
