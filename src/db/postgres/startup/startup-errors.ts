// Why there is no use of a database, for whoever starts the server: in one line.

import postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';

/** Names the server, never the password. */
export function connectionError(url: string, cause: unknown): SettingsError {
  const server = URL.canParse(url) ? new URL(url).host : 'the given address';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SettingsError(
    oneLine(`Cannot use the database at ${server}: ${reason}. ${advice(url, cause)}`),
    {
      cause,
    },
  );
}

/** @param cause what a statement failed with that prepares the database */
export function migrationError(cause: postgres.PostgresError): SettingsError {
  const message = `The tables of Loadstone cannot be made or brought up to date: ${cause.message} (${cause.code}). Correct that in the database, or name another one in DATABASE_URL.`;
  return new SettingsError(oneLine(message), { cause });
}

/** Messages of Postgres may have several. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** @returns the name as SQL has it */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function advice(url: string, cause: unknown): string {
  const code = cause instanceof postgres.PostgresError ? cause.code : '';
  const { username, pathname } = new URL(url);
  const [role, database] = [username, pathname.slice(1)].map((part) =>
    quoteIdentifier(decodeURIComponent(part)),
  );
  switch (code) {
    case '28P01':
      return 'Check DATABASE_URL: its user, and its password, in which a % is written %25.';
    case '28000':
      return 'Check DATABASE_URL, and pg_hba.conf at the server: it may want encryption (?sslmode=require), or not know this machine.';
    case '3D000':
      return `Check DATABASE_URL, or make the database: CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8'`;
    case '42501':
      return `Check DATABASE_URL, or run there: GRANT CONNECT ON DATABASE ${database} TO ${role}`;
    case '42704':
      return 'Check DATABASE_URL: take out what stands behind its ? and the server does not know.';
    case '53300':
      return 'End other clients, or raise max_connections there.';
    case '57P03':
      return 'Start Loadstone again in a moment.';
    default:
      return 'Check DATABASE_URL and that Postgres runs there.';
  }
}
