// The database as the rest of the server sees it: a connection pool, shared by postgres.js and Drizzle, and what all pools
// of a process have in common.

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import * as tables from '../../tables.ts';
import { POOL_IDLE, POOL_SIZES, type PoolName } from './connection-budget.ts';
import { closePool, openPool, type PoolOptions } from './pool.ts';

export interface Database {
  sql: postgres.Sql;
  orm: PostgresJsDatabase<typeof tables>;
  /** Connection URL with its password: never log it. */
  url: string;
  /** UUID that identifies this server process in the database. */
  processId: string;
  /** Sockets of all open connections of the process, those of sessions and other pools included. */
  sockets: Set<Socket>;
  /** Hears the notifications of a channel; all that listen share one connection, apart from the pool. */
  listen: postgres.Sql['listen'];
  /**
   * Cancels the running statement of a backend. Uses a connection of its own, as the whole pool may be busy with what is
   * to be cancelled.
   */
  cancelBackend(pid: number): Promise<void>;
  /** Drops all connections, for a network that no longer answers. The pools reconnect on demand. */
  destroySockets(): void;
  /** Waits up to five seconds for running queries, then closes all connections. */
  close(): Promise<void>;
}

/** In seconds. */
const CANCELLER_IDLE = 10;
/** Whoever waits for a count has stopped waiting before. */
const COUNT_TIMEOUT_MS = 2000;
/** The default of Citus, which opens more than one for those that take longer than a few milliseconds. */
const READ_CONNECTIONS_PER_NODE = 16;
const TIMESTAMPTZ = 1184;

/** @param options.processId default: a random one */
export function openDatabase(
  url: string,
  {
    processId = randomUUID(),
    ...options
  }: Omit<PoolOptions, 'sockets' | 'idleSeconds'> & { processId?: string } = {},
): Database {
  const name = options.applicationName ?? nameOf(processId);
  const connections = shareConnections(url, processId, name);
  const sql = openPool(url, { ...options, applicationName: name, sockets: connections.sockets });
  return { ...connections, ...poolOf(sql), listen: sql.listen, close: () => connections.close([sql]) };
}

/** A pool for each purpose, so that none waits for connections that another uses. */
export type Pools = Record<PoolName, Database> & Pick<Database, 'close'>;

/** Connections are made on demand and closed when idle. */
export function openPools(
  url: string,
  { queryTimeoutMs, processId }: { queryTimeoutMs: number; processId: string },
): Pools {
  const connections = shareConnections(url, processId, nameOf(processId, 'cancel'));
  const open = (pool: PoolName, statementTimeoutMs = 0, connectionsPerNode = 1) =>
    openPool(url, {
      max: POOL_SIZES[pool],
      applicationName: nameOf(processId, pool),
      idleSeconds: POOL_IDLE,
      statementTimeoutMs,
      connectionsPerNode,
      sockets: connections.sockets,
    });
  const opened = {
    reads: open('reads', queryTimeoutMs, READ_CONNECTIONS_PER_NODE),
    edits: open('edits'),
    progress: open('progress'),
    imports: open('imports'),
    housekeeping: open('housekeeping'),
    rates: open('rates', COUNT_TIMEOUT_MS),
  };
  const close = () => connections.close(Object.values(opened));
  const view = (sql: postgres.Sql): Database => ({
    ...connections,
    ...poolOf(sql),
    listen: opened.progress.listen,
    close,
  });
  const { reads, edits, progress, imports, housekeeping, rates } = opened;
  return {
    reads: view(reads),
    edits: view(edits),
    progress: view(progress),
    imports: view(imports),
    housekeeping: view(housekeeping),
    rates: view(rates),
    close,
  };
}

/** What all pools of a process share. */
function shareConnections(url: string, processId: string, cancellerName: string) {
  const sockets = new Set<Socket>();
  const canceller = openPool(url, {
    max: 1,
    idleSeconds: CANCELLER_IDLE,
    applicationName: cancellerName,
    sockets,
  });
  const destroySockets = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url,
    processId,
    sockets,
    destroySockets,
    async cancelBackend(pid: number) {
      await canceller`SELECT pg_cancel_backend(${pid}::integer)`;
    },
    async close(pools: postgres.Sql[]) {
      await Promise.all([...pools, canceller].map((pool) => closePool(pool)));
      // postgres.js leaves a connection open that was being made again for LISTEN.
      destroySockets();
    },
  };
}

function poolOf(sql: postgres.Sql): Pick<Database, 'sql' | 'orm'> {
  return { sql, orm: withDrizzle(sql) };
}

/** @returns `application_name` for a connection of this process, as `pg_stat_activity` shows it */
export function applicationName({ processId }: Database, purpose: string): string {
  return nameOf(processId, purpose);
}

function nameOf(processId: string, ...purpose: string[]): string {
  return ['loadstone', ...purpose, applicationSuffix(processId)].join(' ');
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
