// The database as the rest of the server sees it: one connection pool, shared by postgres.js and Drizzle.

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import * as tables from '../../tables.ts';
import { closePool, openPool, type PoolOptions } from './pool.ts';

export interface Database {
  sql: postgres.Sql;
  orm: PostgresJsDatabase<typeof tables>;
  /** Connection URL with its password: never log it. */
  url: string;
  /** UUID that identifies this server process in the database. */
  processId: string;
  /** Sockets of all open connections, those of sessions included. */
  sockets: Set<Socket>;
  /** Time limit of a client's query in the database, in milliseconds. 0: no limit. */
  queryTimeoutMs: number;
  /**
   * Cancels the running statement of a backend. Uses a connection of its own, as the whole pool may be busy with what is
   * to be cancelled.
   */
  cancelBackend(pid: number): Promise<void>;
  /** Drops all connections, for a network that no longer answers. The pool reconnects on demand. */
  destroySockets(): void;
  /** Waits up to five seconds for running queries, then closes all connections. */
  close(): Promise<void>;
}

/** In seconds. */
const CANCELLER_IDLE = 10;
const TIMESTAMPTZ = 1184;

/** @param options.processId default: a random one */
export function openDatabase(
  url: string,
  {
    queryTimeoutMs = 0,
    processId = randomUUID(),
    ...options
  }: Omit<PoolOptions, 'sockets' | 'idleSeconds'> & { queryTimeoutMs?: number; processId?: string } = {},
): Database {
  const sockets = new Set<Socket>();
  const applicationName = options.applicationName ?? `loadstone ${applicationSuffix(processId)}`;
  const sql = openPool(url, { ...options, applicationName, sockets });
  const canceller = openPool(url, { max: 1, idleSeconds: CANCELLER_IDLE, applicationName, sockets });
  const destroySockets = () => {
    for (const socket of sockets) socket.destroy();
  };
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
    destroySockets,
    async close() {
      await Promise.all([closePool(sql), closePool(canceller)]);
      // postgres.js leaves a connection open that was being made again for LISTEN.
      destroySockets();
    },
  };
}

/** @returns `application_name` for a connection of this process, as `pg_stat_activity` shows it */
export function applicationName({ processId }: Database, purpose: string): string {
  return `loadstone ${purpose} ${applicationSuffix(processId)}`;
}

/** The suffix that the `application_name` of all connections of a process have. */
export function applicationSuffix(processId: string): string {
  return `@${processId.slice(0, 8)}`;
}

/** Drizzle disables date parsing for the whole pool, although it handles Date values as well: undo that. */
function withDrizzle(sql: postgres.Sql): PostgresJsDatabase<typeof tables> {
  const { parsers, serializers } = sql.options;
  const parse = parsers[TIMESTAMPTZ];
  const serialize = serializers[TIMESTAMPTZ];
  const orm = drizzle(sql, { schema: tables });
  Object.assign(parsers, { [TIMESTAMPTZ]: parse });
  Object.assign(serializers, { [TIMESTAMPTZ]: serialize });
  return orm;
}
