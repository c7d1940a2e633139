// Runs a query at the start of each connection, on the wire: when the server first reports ReadyForQuery, the query is
// sent, and postgres.js sees the ReadyForQuery that follows it.

import type { Socket } from 'node:net';

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;
/** Startup messages are short: a server that sends a longer one is not Postgres. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

const READY_FOR_QUERY = 'Z';
const ERROR_RESPONSE = 'E';
const PARAMETER_STATUS = 'S';
/** Authentication, error, notice, parameter status, backend key, ready for query, protocol negotiation. */
const STARTUP_TYPES = 'RENSKZv';

/** The database cannot be reached. The message says why. */
export class CannotConnectError extends Error {
  readonly code = 'CANNOT_CONNECT';
}

/**
 * Sends `query` when the connection is ready, before anything else. If it fails, its error is forwarded and the socket is
 * closed.
 *
 * @param query statements for one simple query
 */
export function sendStartupQuery(socket: Socket, query: string): void {
  const messages = new StartupMessages(query);
  // Overrides `push`, by which all received data passes, until the query is done.
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => {
    // Without an error, postgres.js would reconnect at once, forever.
    if (chunk === null) {
      socket.destroy(new CannotConnectError('the server closed the connection'));
      return false;
    }
    const { forward, reply, state } = messages.receive(chunk);
    if (reply) socket.write(reply);
    if (state !== 'starting') delete (socket as Partial<Pick<Socket, 'push'>>).push;
    if (state === 'not Postgres') {
      socket.destroy(new CannotConnectError('the server is not Postgres'));
      return false;
    }
    const wantsMore = forward.length === 0 || push(forward);
    if (state === 'failed') socket.destroySoon();
    return wantsMore;
  };
}

interface Step {
  /** Bytes for the reader of the socket. */
  forward: Buffer;
  /** Bytes for the server. */
  reply: Buffer | undefined;
  state: 'starting' | 'ready' | 'failed' | 'not Postgres';
}

class StartupMessages {
  readonly #query: string;
  #isQuerySent = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(query: string) {
    this.#query = query;
  }

  receive(chunk: Buffer): Step {
    const step: Step = { forward: Buffer.alloc(0), reply: undefined, state: 'starting' };
    const forward: Buffer[] = [];
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (step.state === 'starting' && this.#rest.length >= TYPE_BYTES + LENGTH_BYTES) {
      const type = String.fromCharCode(this.#rest[0] ?? 0);
      const length = this.#rest.readUInt32BE(TYPE_BYTES);
      if (length > MAX_MESSAGE_BYTES || (!this.#isQuerySent && !STARTUP_TYPES.includes(type))) {
        step.state = 'not Postgres';
        break;
      }
      const message = this.#rest.subarray(0, TYPE_BYTES + length);
      if (message.length < TYPE_BYTES + length) break;
      this.#rest = this.#rest.subarray(message.length);
      if (type === READY_FOR_QUERY && !this.#isQuerySent) {
        this.#isQuerySent = true;
        step.reply = simpleQuery(this.#query);
        continue;
      }
      if (type === READY_FOR_QUERY) step.state = 'ready';
      if (type === ERROR_RESPONSE && this.#isQuerySent) step.state = 'failed';
      const isResult =
        this.#isQuerySent && ![READY_FOR_QUERY, ERROR_RESPONSE, PARAMETER_STATUS].includes(type);
      if (!isResult) forward.push(message);
    }
    if (step.state !== 'starting') forward.push(this.#rest);
    step.forward = Buffer.concat(forward);
    return step;
  }
}

function simpleQuery(statements: string): Buffer {
  const text = Buffer.from(`${statements}\0`);
  const head = Buffer.alloc(TYPE_BYTES + LENGTH_BYTES);
  head.write('Q');
  head.writeUInt32BE(LENGTH_BYTES + text.length, TYPE_BYTES);
  return Buffer.concat([head, text]);
}
