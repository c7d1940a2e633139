// The connection pool, for SQL alone. Lanes use it without Drizzle, which takes ten times as long to load.

import type { Socket } from 'node:net';
import postgres from 'postgres';
import { parse as parseArray } from 'postgres-array';
import { parseOwnJson } from '../../../json/json-reader.ts';
import { limitStatements } from './query-timeout.ts';
import { sessionSettingsQuery } from './session-settings.ts';
import { type Encryption, openSocket, type SocketTarget } from './socket.ts';

export type Pool = postgres.Sql;

export interface PoolOptions {
  /** Maximum number of connections. Default: 10. */
  max?: number;
  applicationName?: string;
  /** Closes connections that were idle for this long. */
  idleSeconds?: number;
  /** Time limit of each statement, in milliseconds, which then fails with QUERY_TIMEOUT. Default: 0, no limit. */
  statementTimeoutMs?: number;
  /**
   * How many connections a statement may use to a node of a Citus cluster. Default: 1. What is opened for a statement is
   * closed after it, which costs the node more than a small statement gains by it.
   */
  connectionsPerNode?: number;
  /** Collects the sockets of open connections. */
  sockets?: Set<Socket>;
  /** Called when a connection closes. */
  onClose?: () => void;
}

/** Of reconnecting, in seconds. */
const MAX_BACKOFF = 1;

/**
 * Opens a pool. Connections are made on demand and start with the settings of `session-settings.ts`.
 *
 * A bigint is read as a number (and fails above 2^53 - 1), a timestamptz as a Date. A numeric, such as `sum(bigint)`,
 * remains a string: cast it.
 */
export function openPool(url: string, options: PoolOptions = {}): postgres.Sql {
  const { sockets, onClose } = options;
  const { applicationName = 'loadstone', statementTimeoutMs = 0, connectionsPerNode = 1 } = options;
  const { database, encryption } = parseUrl(url);
  const startupQuery = sessionSettingsQuery({ applicationName, statementTimeoutMs, connectionsPerNode });
  const settings = {
    max: options.max ?? 10,
    database,
    // `openSocket` does TLS.
    ssl: false,
    connect_timeout: 10,
    ...(options.idleSeconds !== undefined && { idle_timeout: options.idleSeconds }),
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, MAX_BACKOFF),
    // By default connections are replaced after half an hour, which would drop their session locks.
    max_lifetime: null,
    // The one startup parameter that every pooler accepts; it also shows in a pooler's list of clients.
    connection: { application_name: applicationName },
    onnotice: () => {},
    ...(onClose && { onclose: onClose }),
    socket: (target: SocketTarget) => openSocket(target, { encryption, startupQuery, sockets }),
    // postgres.js would query array types in the background; a connection lost during that crashes the process.
    fetch_types: false,
    types: {
      textArray: {
        to: 1009,
        from: [1009],
        serialize: serializeTextArray,
        parse: (text: string) => parseArray(text),
      },
      json: { to: 114, from: [114, 3802], serialize: JSON.stringify, parse: parseOwnJson },
      bigint: { to: 20, from: [20], serialize: String, parse: parseSafeInteger },
    },
  };
  const sql = postgres(url, settings);
  return statementTimeoutMs > 0 ? limitStatements(sql, statementTimeoutMs) : sql;
}

/** The parts of a connection URL that postgres.js ignores or reads differently from libpq. */
function parseUrl(url: string): { database: string; encryption: Encryption } {
  const { pathname, searchParams } = new URL(url);
  const mode = searchParams.get('sslmode') ?? searchParams.get('ssl') ?? 'disable';
  return { database: decodeURIComponent(pathname.slice(1)), encryption: ENCRYPTION[mode] ?? 'VERIFIED' };
}

const ENCRYPTION: Record<string, Encryption> = {
  disable: 'NONE',
  false: 'NONE',
  allow: 'PREFERRED',
  prefer: 'PREFERRED',
  require: 'REQUIRED',
};

/** Waits up to five seconds for running queries. */
export async function closePool(sql: postgres.Sql): Promise<void> {
  await sql.end({ timeout: 5 });
}

/** Strings are arrays that Drizzle has serialized already. */
function serializeTextArray(texts: readonly (string | null)[] | string): string {
  if (typeof texts === 'string') return texts;
  const elements = texts.map((text) => (text === null ? 'NULL' : `"${text.replaceAll(/[\\"]/g, '\\$&')}"`));
  return `{${elements.join(',')}}`;
}

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is not a safe integer`);
  return value;
}
