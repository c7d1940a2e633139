// Opens the database: one pool of connections, for SQL (postgres.js) and for Drizzle alike.

import { connect, type Socket } from 'node:net';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as tables from './tables.ts';

export interface Database {
  sql: postgres.Sql;
  orm: PostgresJsDatabase<typeof tables>;
  /** The address, password included: not for logs. */
  url: string;
  /** Waits up to five seconds for running queries, then cuts them. */
  close(): Promise<void>;
}

const TIMESTAMPTZ = 1184;

/**
 * Opens a pool on `url`; connections are made when first needed. A bigint arrives as a number (and fails
 * beyond 2^53 - 1), a timestamptz as a Date. A numeric, such as `sum(bigint)`, stays a string: cast it.
 *
 * @param options.max connections at most; 10 unless told
 */
export function openDatabase(
  url: string,
  options: { max?: number; applicationName?: string } = {},
): Database {
  const settings = {
    max: options.max ?? 10,
    connect_timeout: 10,
    connection: { application_name: options.applicationName ?? 'loadstone' },
    onnotice: () => {},
    socket: openSocket,
    types: { bigint: { to: 20, from: [20], serialize: String, parse: parseSafeInteger } },
  };
  const sql: postgres.Sql = postgres(url, settings);
  return { sql, orm: withDrizzle(sql), url, close: () => sql.end({ timeout: 5 }) };
}

/**
 * Without Nagle's algorithm: with it, the few bytes that end a COPY wait for the server to acknowledge what went
 * before, 40 ms each time.
 */
function openSocket({ path, host, port }: { path?: string; host: string[]; port: number[] }): Socket {
  const [address = 'localhost'] = host;
  const [number = 5432] = port;
  const socket = path ? connect(path) : connect(number, address);
  socket.setNoDelay(true);
  // postgres.js checks a certificate against it.
  return Object.assign(socket, { host: address });
}

/** Drizzle switches off the parsing of dates for the whole pool; it understands Dates just as well. */
function withDrizzle(sql: postgres.Sql): PostgresJsDatabase<typeof tables> {
  const { parsers, serializers } = sql.options;
  const parse = parsers[TIMESTAMPTZ];
  const serialize = serializers[TIMESTAMPTZ];
  const orm = drizzle(sql, { schema: tables });
  Object.assign(parsers, { [TIMESTAMPTZ]: parse });
  Object.assign(serializers, { [TIMESTAMPTZ]: serialize });
  return orm;
}

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers a number can hold`);
  return value;
}
