// Opens sockets to Postgres for postgres.js, and sends the session settings on each.
//
// postgres.js can only send settings as startup parameters, and poolers reject those that they do not know. So they are
// sent as a query as soon as the server is ready, before postgres.js learns that it is. TLS must be set up before that,
// hence here.

import { once } from 'node:events';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { isOutOfFileDescriptors, openWithRetry } from '../../../file-descriptors.ts';
import { CannotConnectError, sendStartupQuery } from './startup-query.ts';

/** `PREFERRED`: if the server supports it. `VERIFIED`: and its certificate is valid for its name. */
export type Encryption = 'NONE' | 'PREFERRED' | 'REQUIRED' | 'VERIFIED';

export interface SocketTarget {
  path?: string | false;
  host: string[];
  port: number[];
}

export interface SocketOptions {
  encryption: Encryption;
  /** Runs at the start of each connection; statements for one simple query. */
  startupQuery: string;
  /** Collects the sockets of open connections. */
  sockets: Set<Socket> | undefined;
}

/** Includes the wait for a free file descriptor. */
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Never rejects, as postgres.js would then lose a slot of its pool: it returns a socket that fails on the first write. */
export async function openSocket(target: SocketTarget, options: SocketOptions): Promise<Duplex> {
  const limit = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  try {
    const plain = await openWithRetry(() => openPlain(target, options.sockets, limit), {
      withinMs: CONNECT_TIMEOUT_MS,
      signal: limit,
    });
    const encrypted =
      options.encryption !== 'NONE' && (await encrypt(plain, target, options.encryption, limit));
    const socket = encrypted || plain;
    sendStartupQuery(socket, options.startupQuery);
    return socket;
  } catch (error) {
    return failingSocket(error);
  }
}

async function openPlain(
  { path, host, port }: SocketTarget,
  sockets: Set<Socket> | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = path ? connectPlain(path) : connectPlain(port[0] ?? 5432, host[0] ?? 'localhost');
  // With Nagle's algorithm, the last few bytes of each COPY would wait 40 ms for an acknowledgement.
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  sockets?.add(socket);
  socket.once('close', () => sockets?.delete(socket));
  // Errors between two steps are noticed by the 'close' event.
  socket.on('error', () => {});
  await waitFor(socket, 'connect', signal);
  return socket;
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ACCEPTED = 'S';
const DECLINED = 'N';

/** @returns false when the connection stays unencrypted */
async function encrypt(
  plain: Socket,
  { host }: SocketTarget,
  encryption: Encryption,
  signal: AbortSignal,
): Promise<Socket | false> {
  plain.write(SSL_REQUEST);
  await waitFor(plain, 'readable', signal);
  // A single letter: anything after it may have been injected by a man in the middle.
  const answer = String(plain.read());
  if (answer === DECLINED && encryption === 'PREFERRED') return false;
  if (answer !== ACCEPTED) {
    plain.destroy();
    throw new Error('the server does not accept encrypted connections');
  }
  const [name = 'localhost'] = host;
  const socket = connectTls({
    socket: plain,
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: encryption === 'VERIFIED',
  });
  socket.on('error', () => {});
  await waitFor(socket, 'secureConnect', signal);
  return socket;
}

async function waitFor(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const closed = once(socket, 'close', { signal: done.signal }).then(() => {
    throw new Error('the server closed the connection');
  });
  closed.catch(() => {});
  try {
    await Promise.race([once(socket, event, { signal }), closed]);
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`) : error;
  } finally {
    done.abort();
  }
}

/**
 * A socket that fails on the first write, not before: what postgres.js has not written when a socket closes, it would
 * send on the next one.
 */
function failingSocket(cause: unknown): Duplex {
  const error = isOutOfFileDescriptors(cause)
    ? (cause as Error)
    : new CannotConnectError(reasonOf(cause), { cause });
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done(error);
    },
  });
}

/** For a host with several addresses, Node throws an AggregateError with one error for each and no message. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}
