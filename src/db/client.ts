// Opens the database: one pool of connections, for SQL (postgres.js) and for Drizzle alike.

import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { type ConnectionOptions, closeConnections, openConnections } from './connections.ts';
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

/** Opens a pool as `openConnections` does, for Drizzle too. */
export function openDatabase(url: string, options: ConnectionOptions = {}): Database {
  const sql = openConnections(url, options);
  return { sql, orm: withDrizzle(sql), url, close: () => closeConnections(sql) };
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
