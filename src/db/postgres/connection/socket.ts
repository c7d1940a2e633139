// Sockets to Postgres, on each of which a session begins with statements of ours.
//
// postgres.js has no place for such statements. It can send settings along with the name of the user, but poolers refuse
// those that they do not know. So they are sent here, as soon as the server is ready, and postgres.js is told that it is
// ready when they are done. That is also why the encryption is begun here.

import { once } from 'node:events';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { isOutOfDescriptors, whenDescriptorIsFree } from '../../../descriptors.ts';
import { CannotConnectError, sendStartupQuery } from './startup-query.ts';

/** `PREFERRED`: where the server can. `VERIFIED`: with the server that the certificate is for. */
export type Encryption = 'NONE' | 'PREFERRED' | 'REQUIRED' | 'VERIFIED';

export interface SocketTarget {
  path?: string | false;
  host: string[];
  port: number[];
}

export interface SocketOptions {
  encryption: Encryption;
  /** Statements for the beginning of each session, as one simple query. */
  setup: string;
  /** Where the sockets of open connections are kept. */
  sockets: Set<Socket> | undefined;
}

/** How long it may take to connect, a wait for a file descriptor included, in milliseconds. */
const CONNECT_WITHIN = 10_000;
/** An idle connection is asked for life by the network's own means after this time, in milliseconds. */
const KEEP_ALIVE = 10_000;

/** Never rejects, as postgres.js would lose a connection of its pool by that: the socket that it gets fails instead. */
export async function openSocket(target: SocketTarget, options: SocketOptions): Promise<Duplex> {
  const limit = AbortSignal.timeout(CONNECT_WITHIN);
  try {
    const plain = await whenDescriptorIsFree(() => openPlain(target, options.sockets, limit), {
      withinMs: CONNECT_WITHIN,
      signal: limit,
    });
    const encrypted =
      options.encryption !== 'NONE' && (await encrypt(plain, target, options.encryption, limit));
    const socket = encrypted || plain;
    sendStartupQuery(socket, options.setup);
    return socket;
  } catch (error) {
    return failing(error);
  }
}

/**
 * Without Nagle's algorithm: with it, the few bytes that end a COPY wait for the server to acknowledge what went
 * before, 40 ms each time.
 */
async function openPlain(
  { path, host, port }: SocketTarget,
  sockets: Set<Socket> | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = path ? connectPlain(path) : connectPlain(port[0] ?? 5432, host[0] ?? 'localhost');
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  sockets?.add(socket);
  socket.once('close', () => sockets?.delete(socket));
  // A failure between two steps shows in the closing.
  socket.on('error', () => {});
  await happens(socket, 'connect', signal);
  return socket;
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const AGREED = 'S';
const DECLINED = 'N';

/** @returns false when it goes on unencrypted */
async function encrypt(
  plain: Socket,
  { host }: SocketTarget,
  encryption: Encryption,
  signal: AbortSignal,
): Promise<Socket | false> {
  plain.write(SSL_REQUEST);
  await happens(plain, 'readable', signal);
  // One letter; more would be what somebody in between has slipped in.
  const answer = String(plain.read());
  if (answer === DECLINED && encryption === 'PREFERRED') return false;
  if (answer !== AGREED) {
    plain.destroy();
    throw new Error('the server there takes no encrypted connections');
  }
  const [name = 'localhost'] = host;
  const socket = connectTls({
    socket: plain,
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: encryption === 'VERIFIED',
  });
  socket.on('error', () => {});
  await happens(socket, 'secureConnect', signal);
  return socket;
}

async function happens(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const closed = once(socket, 'close', { signal: over.signal }).then(() => {
    throw new Error('the server there closed the connection');
  });
  closed.catch(() => {});
  try {
    await Promise.race([once(socket, event, { signal }), closed]);
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? new Error(`no answer within ${CONNECT_WITHIN / 1000} s`) : error;
  } finally {
    over.abort();
  }
}

/**
 * A socket that fails at the first word. Not before: what postgres.js has not written yet when a socket closes, it sends on
 * the next one.
 */
function failing(cause: unknown): Duplex {
  const error = isOutOfDescriptors(cause) ? (cause as Error) : new CannotConnectError(told(cause), { cause });
  return new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done(error);
    },
  });
}

/** Of a name with several addresses Node tells what failed for each, and nothing in one. */
function told(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(told).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}
