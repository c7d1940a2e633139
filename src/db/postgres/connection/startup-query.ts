// The beginning of a session, as it goes over the wire: the statements that are slipped in between the server's being
// ready and whoever waits for that.

import type { Socket } from 'node:net';

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;
/** Messages before a session begins are short: a longer one is not of Postgres. */
const LONGEST_MESSAGE = 1024 * 1024;

const READY = 'Z';
const FAILED = 'E';
/** A setting that the server tells of. */
const PARAMETER = 'S';
/** Authentication, error, notice, parameter, key for cancelling, ready, other protocol version. */
const AT_BEGINNING = 'RENSKZv';

/** There is no way to the database at present; the message says why. */
export class CannotConnectError extends Error {
  readonly code = 'CANNOT_CONNECT';
}

/**
 * Has the session on a socket begin with these statements. Where one fails, its error is passed on, and the session ends.
 *
 * @param setup as one simple query
 */
export function sendStartupQuery(socket: Socket, setup: string): void {
  const beginning = new StartupMessages(setup);
  // What is read goes through `push`, which is the socket's own again once the session has begun.
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => {
    // Left to itself, postgres.js would connect anew at once, for ever.
    if (chunk === null) {
      socket.destroy(new CannotConnectError('the server there closed the connection'));
      return false;
    }
    const { forward, reply, state } = beginning.take(chunk);
    if (reply) socket.write(reply);
    if (state !== 'going on') delete (socket as Partial<Pick<Socket, 'push'>>).push;
    if (state === 'not Postgres') {
      socket.destroy(new CannotConnectError('no Postgres answers there'));
      return false;
    }
    const wantsMore = forward.length === 0 || push(forward);
    if (state === 'failed') socket.destroySoon();
    return wantsMore;
  };
}

interface Step {
  /** What is for whoever reads from the socket. */
  forward: Buffer;
  /** What is to be sent to the server. */
  reply: Buffer | undefined;
  state: 'going on' | 'begun' | 'failed' | 'not Postgres';
}

class StartupMessages {
  readonly #setup: string;
  #isSetUp = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(setup: string) {
    this.#setup = setup;
  }

  take(chunk: Buffer): Step {
    const step: Step = { forward: Buffer.alloc(0), reply: undefined, state: 'going on' };
    const forward: Buffer[] = [];
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (step.state === 'going on' && this.#rest.length >= TYPE_BYTES + LENGTH_BYTES) {
      const type = String.fromCharCode(this.#rest[0] ?? 0);
      const length = this.#rest.readUInt32BE(TYPE_BYTES);
      if (length > LONGEST_MESSAGE || (!this.#isSetUp && !AT_BEGINNING.includes(type))) {
        step.state = 'not Postgres';
        break;
      }
      const message = this.#rest.subarray(0, TYPE_BYTES + length);
      if (message.length < TYPE_BYTES + length) break;
      this.#rest = this.#rest.subarray(message.length);
      if (type === READY && !this.#isSetUp) {
        this.#isSetUp = true;
        step.reply = simpleQuery(this.#setup);
        continue;
      }
      if (type === READY) step.state = 'begun';
      if (type === FAILED && this.#isSetUp) step.state = 'failed';
      if (!this.#isSetUp || [READY, FAILED, PARAMETER].includes(type)) forward.push(message);
    }
    if (step.state !== 'going on') forward.push(this.#rest);
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
