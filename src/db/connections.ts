// Connections to Postgres, for SQL alone. Light: a lane starts with it in a tenth of the time that Drizzle takes.

import { connect, type Socket } from 'node:net';
import postgres from 'postgres';

export type Connections = postgres.Sql;

export interface ConnectionOptions {
  /** Connections at most; 10 unless told. */
  max?: number;
  applicationName?: string;
}

/**
 * Opens a pool on `url`; connections are made when first needed. A bigint arrives as a number (and fails
 * beyond 2^53 - 1), a timestamptz as a Date. A numeric, such as `sum(bigint)`, stays a string: cast it.
 */
export function openConnections(url: string, options: ConnectionOptions = {}): postgres.Sql {
  const settings = {
    max: options.max ?? 10,
    connect_timeout: 10,
    connection: { application_name: options.applicationName ?? 'loadstone' },
    onnotice: () => {},
    socket: openSocket,
    types: { bigint: { to: 20, from: [20], serialize: String, parse: parseSafeInteger } },
  };
  return postgres(url, settings);
}

/** Waits up to five seconds for running queries, then cuts them. */
export async function closeConnections(sql: postgres.Sql): Promise<void> {
  await sql.end({ timeout: 5 });
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

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers a number can hold`);
  return value;
}
