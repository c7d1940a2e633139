// A hostile client: it sends whole requests, or bytes that are not.

import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type HttpAnswer, postFile } from '../../src/cli/client/post-file.ts';

export interface AttackRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Why an attack has stopped waiting for an answer. */
const STOPPED = 'open at the end';
const CODE = /"code":"([A-Z_]+)"/g;
const MAX_SOCKETS = 64;
const CHUNK_BYTES = 256 * 1024;

export class Attacker implements Disposable {
  readonly url: URL;
  /** Of the attacker, not of the client that is measured; undefined if it has none. */
  readonly token: string | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  /** @param url of the server */
  constructor(url: string, token: string | undefined) {
    this.url = new URL(url);
    this.token = token;
  }

  get credentials(): Record<string, string> {
    return this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
  }

  /** @returns the outcome of an operation */
  async operation(operation: unknown, signal: AbortSignal): Promise<string> {
    return this.send({ body: JSON.stringify(operation) }, signal);
  }

  /** @returns the text of the response to a query, empty if there is none */
  async ask(query: string, variables: object, signal: AbortSignal): Promise<string> {
    const body = JSON.stringify({ query, variables });
    return this.#exchange({ body }, signal).then(
      (answer) => answer.body,
      () => '',
    );
  }

  /** @returns the outcome of an operation with the file as its variable `file` */
  async upload(
    operation: object,
    { name, content }: { name: string; content: Buffer },
    signal: AbortSignal,
  ): Promise<string> {
    const file = {
      name,
      size: content.length,
      stream: Readable.from(chunksOf(content), { objectMode: false }),
    };
    const options = { signal, headers: this.credentials };
    return postFile(new URL('/graphql', this.url).href, operation, 'variables.file', file, options).then(
      ({ status, body }) => describeAnswer(status, body),
      (error) => describeFailure(error, signal),
    );
  }

  /** @returns the outcome of a request, by default a POST of JSON with the attacker's token */
  async send(attack: AttackRequest, signal: AbortSignal): Promise<string> {
    return this.#exchange(attack, signal).then(
      ({ status, body }) => describeAnswer(status, body),
      (error) => describeFailure(error, signal),
    );
  }

  async #exchange(attack: AttackRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { method = 'POST', path = '/graphql', body = '' } = attack;
    const headers = attack.headers ?? { ...this.credentials, 'content-type': 'application/json' };
    const outgoing = request(new URL(path, this.url), {
      agent: this.#agent,
      method,
      signal,
      headers: { ...headers, ...(method === 'POST' && { 'content-length': Buffer.byteLength(body) }) },
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  /** Opens a connection of its own, on which the attack writes what it likes. */
  connect(): Socket {
    // What it ends with is seen in `outcomeOf`.
    return connect(Number(this.url.port), this.url.hostname).on('error', () => {});
  }

  /** The head of a request, with the attacker's token, up to and with the empty line. */
  head(line: string, headers: IncomingHttpHeaders = {}): string {
    const all = { host: this.url.host, ...this.credentials, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/**
 * How a connection was answered, if it was, once the server has closed it or the signal aborts. Closes it.
 *
 * @param keepsOpen whether a whole answer is not the end
 */
export async function outcomeOf(socket: Socket, signal: AbortSignal, keepsOpen = false): Promise<string> {
  let received = '';
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    if (received.length < 64 * 1024) received += chunk;
    if (!keepsOpen && hasWholeAnswer(received)) resolve();
  });
  try {
    if (!socket.closed) await Promise.race([once(socket, 'close', { signal }), answered]);
  } catch {
    if (received === '') return STOPPED;
  } finally {
    socket.destroy();
  }
  const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
  return status === undefined ? 'closed' : describeAnswer(Number(status), received);
}

function hasWholeAnswer(received: string): boolean {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  return length !== undefined && rest.join('\r\n\r\n').length >= Number(length);
}

function* chunksOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += CHUNK_BYTES) yield content.subarray(at, at + CHUNK_BYTES);
}

function describeAnswer(status: number, body: string): string {
  const codes = new Set([...body.matchAll(CODE)].map(([, code]) => code));
  return [status, ...codes].join(' ');
}

export function describeFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return STOPPED;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'closed' : (code ?? message);
}
