// Connections to Postgres, for SQL alone. Light: a lane starts with it in a tenth of the time that Drizzle takes.

import type { Socket } from 'node:net';
import postgres from 'postgres';
import { parse as parseArray } from 'postgres-array';
import { sessionSettingsQuery } from './session-settings.ts';
import { type Encryption, openSocket, type SocketTarget } from './socket.ts';

export type Pool = postgres.Sql;

export interface PoolOptions {
  /** Connections at most; 10 unless told. */
  max?: number;
  applicationName?: string;
  /** Closes a connection that nobody used for so long. */
  idleSeconds?: number;
  /** Where the sockets of open connections are kept. */
  sockets?: Set<Socket>;
  /** Told of each connection that is gone. */
  onClose?: () => void;
}

/** Between two tries to connect to a database that is away, in seconds. */
const LONGEST_BACKOFF = 1;

/**
 * Opens a pool on `url`; connections are made when first needed, and each begins with the settings of
 * `session-settings.ts`. A bigint arrives as a number (and fails beyond 2^53 - 1), a timestamptz as a Date. A numeric,
 * such as `sum(bigint)`, stays a string: cast it.
 */
export function openPool(url: string, options: PoolOptions = {}): postgres.Sql {
  const { sockets, onClose, applicationName = 'loadstone' } = options;
  const { database, encryption } = readAddress(url);
  const setup = sessionSettingsQuery(applicationName);
  const settings = {
    max: options.max ?? 10,
    database,
    // It begins where the settings do: with the socket.
    ssl: false,
    connect_timeout: 10,
    ...(options.idleSeconds !== undefined && { idle_timeout: options.idleSeconds }),
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, LONGEST_BACKOFF),
    // Else each would be replaced after half an hour, and with it the locks that it holds.
    max_lifetime: null,
    // The one setting that every pooler takes on the way in, and shows in its own list of clients.
    connection: { application_name: applicationName },
    onnotice: () => {},
    ...(onClose && { onclose: onClose }),
    socket: (target: SocketTarget) => openSocket(target, { encryption, setup, sockets }),
    // postgres.js asks for the types of arrays behind the scenes: a connection lost just then would end the process.
    fetch_types: false,
    types: {
      textArray: {
        to: 1009,
        from: [1009],
        serialize: serializeTextArray,
        parse: (text: string) => parseArray(text),
      },
      bigint: { to: 20, from: [20], serialize: String, parse: parseSafeInteger },
    },
  };
  return surviveConnectionLoss(postgres(url, settings));
}

/** What postgres.js does not read in an address, or not as others do. */
function readAddress(url: string): { database: string; encryption: Encryption } {
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

/** Waits for running queries, for so many seconds, then cuts them. */
export async function closePool(sql: postgres.Sql, timeout = 5): Promise<void> {
  await sql.end({ timeout });
}

type Work = (tx: postgres.TransactionSql) => Promise<unknown>;

/**
 * postgres.js answers every failure in a transaction with ROLLBACK, also when it is the connection that failed, and
 * that write ends the process. Here such a failure is held back: the transaction fails with CONNECTION_CLOSED as
 * soon as the closing is noticed.
 */
function surviveConnectionLoss(sql: postgres.Sql): postgres.Sql {
  const begin = sql.begin as (mode: string, work: Work) => Promise<unknown>;
  function surviving(...args: [Work] | [string, Work]): Promise<unknown> {
    const [mode, work] = args.length === 1 ? (['', args[0]] as const) : args;
    return begin(mode, (tx) =>
      work(tx).catch((error: unknown) => {
        if (isConnectionLost(error)) return new Promise(() => {});
        throw error;
      }),
    );
  }
  return Object.assign(sql, { begin: surviving as postgres.Sql['begin'] });
}

/** Only where the connection is sure to be closed, or about to be. Drizzle wraps what postgres.js throws. */
function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof postgres.PostgresError) return ['FATAL', 'PANIC'].includes(error.severity);
  if ('syscall' in error || ('code' in error && error.code === 'CONNECTION_CLOSED')) return true;
  return isConnectionLost(error.cause);
}

/** An array of texts as Postgres reads it. Drizzle writes its own. */
function serializeTextArray(texts: readonly string[] | string): string {
  if (typeof texts === 'string') return texts;
  return `{${texts.map((text) => `"${text.replaceAll(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers a number can hold`);
  return value;
}
