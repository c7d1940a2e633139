// Why the server cannot start with a database, in one line, for the person who starts it.

import postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import { quoteIdentifier } from '../sql/quote-identifier.ts';

/** Names the host, never the password. */
export function connectionError(url: string, cause: unknown): SettingsError {
  const server = URL.canParse(url) ? new URL(url).host : 'the given address';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot use the database at ${server}: ${reason}. ${advice(url, cause)}`;
  return new SettingsError(oneLine(message), { cause });
}

/** @param cause the error of a statement that prepares the database */
export function migrationError(cause: postgres.PostgresError): SettingsError {
  const message = `Loadstone's tables cannot be created or migrated: ${cause.message} (${cause.code}). Fix that in the database, or set DATABASE_URL to another one.`;
  return new SettingsError(oneLine(message), { cause });
}

/** Messages of Postgres may have several lines. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
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
      return 'Check DATABASE_URL, and pg_hba.conf on the server: it may require encryption (?sslmode=require), or may not allow this host.';
    case '3D000':
      return `Check DATABASE_URL, or create the database: CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8'`;
    case '42501':
      return `Check DATABASE_URL, or run there: GRANT CONNECT ON DATABASE ${database} TO ${role}`;
    case '42704':
      return 'Check DATABASE_URL: remove the parameter after the ? that the server does not know.';
    case '53300':
      return 'Close other connections, or raise max_connections on the server.';
    case '57P03':
      return 'Start Loadstone again in a moment.';
    default:
      return 'Check DATABASE_URL, and that Postgres is running there.';
  }
}
