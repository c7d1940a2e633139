// One question to a server and its answer, redirects followed.

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { Connection, Connections } from './connections.ts';
import { escapedAddress } from './header-text.ts';
import { asInterrupted, asUnreachable, isBroken, silent, wrongLength } from './network-failure.ts';
import { isHttp } from './source-address.ts';
import { SourceError, shown } from './source-error.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const LISTS = ['content-encoding'];
/** What is read of an answer that nobody wants, to keep its connection, and for how long. */
const DROP_BYTES = 64 * 1024;
const DROP_MS = 1000;
/** How long bytes behind the end of an answer are waited for. */
const SURPLUS_WAIT_MS = 100;

export interface Question {
  url: URL;
  /** Of the source: not for another origin. */
  credentials: Record<string, string>;
  /** Of ours, for whoever answers. */
  headers?: Record<string, string>;
  signal: AbortSignal;
}

export class Asker {
  readonly #connections: Connections;
  readonly #silenceMs: number;

  constructor(connections: Connections, silenceMs: number) {
    this.#connections = connections;
    this.#silenceMs = silenceMs;
  }

  /**
   * @returns whatever answer is no redirect; to be read or dropped
   * @throws SourceError SOURCE_REDIRECTS, SOURCE_ADDRESS_REFUSED, SOURCE_UNREACHABLE, SOURCE_TIMEOUT; the signal's reason
   */
  async ask({ url: start, credentials: given, headers, signal }: Question): Promise<Answer> {
    const seen = new Set<string>();
    let url = start;
    let credentials = given;
    for (;;) {
      const answer = await this.#askOnce(url, { ...credentials, ...headers }, signal);
      if (!REDIRECTS.includes(answer.status)) return answer;
      seen.add(url.href);
      const next = readLocation(answer);
      await answer.drop();
      if (seen.has(next.href)) throw redirects(start, 'in a circle');
      if (seen.size > MAX_REDIRECTS) throw redirects(start, `more than ${MAX_REDIRECTS} times`);
      if (next.origin !== url.origin) credentials = {};
      url = next;
    }
  }

  async #askOnce(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#connections.inTurn(url.origin, signal, async () => {
        const connection = this.#connections.take(url.origin);
        try {
          return await this.#send(connection, url, headers, signal);
        } catch (error) {
          // The server closed an idle connection just as it was used again.
          if (!connection.used || !isBroken(error) || signal.aborted) throw error;
          return await this.#send(this.#connections.take(url.origin, true), url, headers, signal);
        }
      });
    } catch (error) {
      signal.throwIfAborted();
      throw asUnreachable(error, url, this.#silenceMs);
    }
  }

  async #send(
    connection: Connection,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      const data = await connection.client.request({
        method: 'GET',
        path: url.pathname + url.search,
        headers: { 'user-agent': 'Loadstone', accept: '*/*', ...headers },
        signal,
      });
      return new Answer(url, data, connection, this.#connections, this.#silenceMs);
    } catch (error) {
      this.#connections.drop(connection);
      throw error;
    }
  }
}

/** Its connection is free again when it was read to its end or dropped. */
export class Answer {
  /** Where it came from in the end. */
  readonly url: URL;
  readonly status: number;
  readonly #data: Dispatcher.ResponseData;
  readonly #connection: Connection;
  readonly #connections: Connections;
  readonly #silenceMs: number;
  #released = false;

  constructor(
    url: URL,
    data: Dispatcher.ResponseData,
    connection: Connection,
    connections: Connections,
    silenceMs: number,
  ) {
    this.url = url;
    this.status = data.statusCode;
    this.#data = data;
    this.#connection = connection;
    this.#connections = connections;
    this.#silenceMs = silenceMs;
    // It may fail before anyone reads it; reading it tells the error.
    data.body.on('error', () => {});
  }

  /** @returns each byte as one character, whatever they are meant to be: see header-text.ts */
  header(name: string): string | undefined {
    const value = this.#data.headers[name];
    if (!Array.isArray(value)) return value;
    // Only of lists several are the same as one.
    return LISTS.includes(name) ? value.join(', ') : value[0];
  }

  /** The number of bytes to come, if the server tells it. */
  get contentLength(): number | undefined {
    const text = this.header('content-length');
    return text === undefined ? undefined : Number(text);
  }

  /** @throws what broke the connection, SourceError SOURCE_INTERRUPTED when there were more bytes than announced */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* this.#data.body as AsyncIterable<Buffer>;
      if (this.contentLength !== undefined && (await surplusFollows(this.#connection)))
        throw wrongLength(this.url);
    } finally {
      this.#release();
    }
  }

  /**
   * Reads a short answer.
   *
   * @returns undefined if it has more bytes than that
   * @throws SourceError SOURCE_INTERRUPTED, SOURCE_TIMEOUT
   */
  async text(maxBytes: number): Promise<string | undefined> {
    const parts: Buffer[] = [];
    const end = performance.now() + this.#silenceMs;
    let length = 0;
    try {
      for await (const chunk of this.#data.body as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > maxBytes) return undefined;
        if (performance.now() > end) throw silent(this.url, this.#silenceMs);
        parts.push(chunk);
      }
      return Buffer.concat(parts).toString('utf8');
    } catch (error) {
      throw asInterrupted(error, this.url, this.#silenceMs);
    } finally {
      this.#release();
    }
  }

  async drop(): Promise<void> {
    const signal = this.status === 304 ? undefined : AbortSignal.timeout(DROP_MS);
    await this.#data.body.dump({ limit: DROP_BYTES, ...(signal && { signal }) }).catch(() => {});
    this.#release();
  }

  /** Closes the connection at once, in the middle of the answer if need be. */
  abort(): void {
    if (this.#released) return;
    this.#released = true;
    this.#connections.drop(this.#connection);
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#connections.giveBack(this.url.origin, this.#connection);
  }
}

/** Whether the server sends more than the answer it announced. Cut off where that says, a file would look whole. */
async function surplusFollows(connection: Connection): Promise<boolean> {
  if (!connection.closedBy) {
    const done = new AbortController();
    const closed = once(connection.client, 'disconnect', { signal: done.signal }).catch(() => {});
    await Promise.race([closed, pause(SURPLUS_WAIT_MS)]);
    done.abort();
  }
  // What undici closes a connection with on which something comes that nobody asked for.
  return connection.closedBy?.message === 'bad response';
}

function readLocation(answer: Answer): URL {
  const header = answer.header('location');
  const location = header === undefined ? undefined : escapedAddress(header);
  const from = shown(answer.url);
  if (location === undefined || !URL.canParse(location, answer.url))
    throw new SourceError(
      'SOURCE_REDIRECTS',
      `${from} redirects without saying whereto (status ${answer.status}). Correct that server, or give the address where the file is.`,
    );
  const next = new URL(location, answer.url);
  if (!isHttp(next))
    throw new SourceError(
      'SOURCE_REDIRECTS',
      `${from} redirects to an address that is neither http nor https. Give the address where the file is.`,
    );
  next.username = '';
  next.password = '';
  next.hash = '';
  return next;
}

function redirects(url: URL, how: string): SourceError {
  return new SourceError(
    'SOURCE_REDIRECTS',
    `${shown(url)} redirects ${how}. Correct that server, or give the address where the file is.`,
  );
}
