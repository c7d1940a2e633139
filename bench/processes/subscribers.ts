// Many subscribers to the progress of one import over SSE, in a separate process. They read raw sockets, so as to take as
// little as possible of the CPU that the server needs.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { IMPORT_FIELDS } from '../../src/cli/client/documents.ts';

export interface Received {
  /** Subscribers that received the state COMPLETED. */
  completed: number;
  /** Events received by all subscribers together. */
  events: number;
}

const END_TIMEOUT_MS = 60_000;
const HEAD_END = Buffer.from('\r\n\r\n');
const EVENT = Buffer.from('event: next');
/** Shared by all sockets: what is read is looked at before anything else is read. */
const READ_BUFFER = Buffer.alloc(64 * 1024);
const EMPTY = Buffer.alloc(0);
const COMPLETED = Buffer.from('"status":"COMPLETED"');

export class Subscribers implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Returns once the server has answered all subscriptions. The import need not exist yet. */
  static async start(url: string, importId: string, count: number): Promise<Subscribers> {
    const child = fork(import.meta.filename, [url, importId, String(count)]);
    const subscribers = new Subscribers(child);
    try {
      await subscribers.#message();
      return subscribers;
    } catch (error) {
      await subscribers[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Waits until the streams of all subscribers have ended. */
  async received(): Promise<Received> {
    const received = this.#message();
    this.#child.send('report');
    return (await received) as Received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
  }

  async #message(): Promise<unknown> {
    const [content] = await Promise.race([
      once(this.#child, 'message'),
      once(this.#child, 'exit').then(() => Promise.reject(new Error('the subscribers exited'))),
    ]);
    return content;
  }
}

/** The child process. */
async function serveParent(url: string, importId: string, count: number): Promise<void> {
  const received: Received = { completed: 0, events: 0 };
  const opened: Promise<void>[] = [];
  const ended: Promise<void>[] = [];
  for (let number = 0; number < count; number++) {
    const subscriber = subscribe(url, importId, received);
    opened.push(subscriber.opened);
    ended.push(subscriber.ended);
  }
  await Promise.all(opened);
  process.send?.('ready');
  await once(process, 'message');
  const timer = setTimeout(() => process.exit(1), END_TIMEOUT_MS);
  await Promise.all(ended);
  clearTimeout(timer);
  process.send?.(received);
}

function subscribe(url: string, importId: string, received: Received) {
  const { hostname, port, host, pathname } = new URL(url);
  const body = JSON.stringify({
    query: `subscription ($id: ID!) { importProgress(id: $id) { ${IMPORT_FIELDS} } }`,
    variables: { id: importId },
  });
  const { promise: opened, resolve: onOpened, reject } = Promise.withResolvers<void>();
  let rest: Buffer = EMPTY;
  let isOpen = false;
  let hasCompleted = false;
  const onBytes = (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!isOpen && bytes.includes(HEAD_END)) {
      isOpen = true;
      if (bytes.includes(' 200 ')) onOpened();
      else reject(new Error(`unexpected response: ${bytes.subarray(0, 1000)}`));
    }
    if (!hasCompleted && bytes.includes(COMPLETED)) {
      hasCompleted = true;
      received.completed++;
    }
    const last = countEvents(bytes, received);
    // What may be the beginning of something that is looked for. Copied, as the buffer is read into again.
    rest = Buffer.from(isOpen ? bytes.subarray(Math.max(last, bytes.length - COMPLETED.length + 1)) : bytes);
  };
  const socket = connect({
    port: Number(port),
    host: hostname,
    onread: {
      buffer: READ_BUFFER,
      callback(length) {
        onBytes(READ_BUFFER.subarray(0, length));
        return true;
      },
    },
  });
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const ended = once(socket, 'close').then(() => {});
  socket.once('error', reject);
  return { opened, ended };
}

/** @returns the end of the last event's first line, or 0 */
function countEvents(bytes: Buffer, received: Received): number {
  let end = 0;
  for (let found = bytes.indexOf(EVENT); found >= 0; found = bytes.indexOf(EVENT, end)) {
    received.events++;
    end = found + EVENT.length;
  }
  return end;
}

if (process.argv[1] === import.meta.filename) {
  process.on('disconnect', () => process.exit());
  const [url = '', importId = '', count = '0'] = process.argv.slice(2);
  await serveParent(url, importId, Number(count));
}
