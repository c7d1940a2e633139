// Opens the database: one pool of connections, for SQL (postgres.js) and for Drizzle alike.

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import * as tables from '../../tables.ts';
import { closePool, openPool, type PoolOptions } from './pool.ts';

export interface Database {
  sql: postgres.Sql;
  orm: PostgresJsDatabase<typeof tables>;
  /** The address, password included: not for logs. */
  url: string;
  /** A UUID for whoever opened it: what the database knows a server process by. */
  processId: string;
  /** Of its connections and of sessions on it, those that are open. */
  sockets: Set<Socket>;
  /** What a query of a client may take in the database, in milliseconds; 0: any time. */
  queryTimeoutMs: number;
  /**
   * Cancels what a process at the database is at, over a connection of its own: all others may be at work on what is
   * to be cancelled.
   *
   * @param pid of the process
   */
  cancelBackend(pid: number): Promise<void>;
  /** Cuts all of them, for when the network is silent; the pool makes new ones when it needs them. */
  destroySockets(): void;
  /** Waits up to five seconds for running queries, then cuts them. */
  close(): Promise<void>;
}

/** Until the connection that cancels is closed again, in seconds. */
const CANCELLER_IDLE = 10;
const TIMESTAMPTZ = 1184;

/** Opens a pool as `openConnections` does, for Drizzle too. */
export function openDatabase(
  url: string,
  {
    queryTimeoutMs = 0,
    ...options
  }: Omit<PoolOptions, 'sockets' | 'idleSeconds'> & { queryTimeoutMs?: number } = {},
): Database {
  const processId = randomUUID();
  const sockets = new Set<Socket>();
  const applicationName = options.applicationName ?? `loadstone ${applicationSuffix(processId)}`;
  const sql = openPool(url, { ...options, applicationName, sockets });
  const canceller = openPool(url, { max: 1, idleSeconds: CANCELLER_IDLE, applicationName, sockets });
  return {
    sql,
    orm: withDrizzle(sql),
    url,
    processId,
    sockets,
    queryTimeoutMs,
    async cancelBackend(pid) {
      await canceller`SELECT pg_cancel_backend(${pid}::integer)`;
    },
    destroySockets() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      await Promise.all([closePool(sql), closePool(canceller)]);
    },
  };
}

/** @returns what a connection is called at the database (`pg_stat_activity.application_name`) */
export function applicationName({ processId }: Database, purpose: string): string {
  return `loadstone ${purpose} ${applicationSuffix(processId)}`;
}

/** The end of the names of all connections of a process. */
export function applicationSuffix(processId: string): string {
  return `@${processId.slice(0, 8)}`;
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
