// A response whose body is still to come, and the connection that carries it.

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { HttpAgent, HttpConnection } from './http-agent.ts';
import { asInterrupted, silent, wrongLength } from './network-failure.ts';

/** Headers that may be repeated, as their values are lists. */
const LISTS = ['content-encoding'];
/** How much of an unwanted body is read to keep its connection, and for how long. */
const DISCARD_BYTES = 64 * 1024;
const DISCARD_MS = 1000;
/** How long to wait for surplus bytes after the end of a body. */
const SURPLUS_WAIT_MS = 100;

/** Its connection is released once the body was read to its end or discarded. */
export class HttpResponse {
  /** Where redirects led. */
  readonly url: URL;
  readonly status: number;
  readonly #data: Dispatcher.ResponseData;
  readonly #connection: HttpConnection;
  readonly #agent: HttpAgent;
  readonly #silenceMs: number;
  #released = false;

  constructor(
    url: URL,
    data: Dispatcher.ResponseData,
    connection: HttpConnection,
    agent: HttpAgent,
    silenceMs: number,
  ) {
    this.url = url;
    this.status = data.statusCode;
    this.#data = data;
    this.#connection = connection;
    this.#agent = agent;
    this.#silenceMs = silenceMs;
    // It may fail before anyone reads it; whoever reads it gets the error.
    data.body.on('error', () => {});
  }

  /** @returns each byte as one character, in whatever encoding they are: see header-text.ts */
  header(name: string): string | undefined {
    const value = this.#data.headers[name];
    if (!Array.isArray(value)) return value;
    return LISTS.includes(name) ? value.join(', ') : value[0];
  }

  /** The number of bytes to come, if the server says so. */
  get contentLength(): number | undefined {
    const text = this.header('content-length');
    return text === undefined ? undefined : Number(text);
  }

  /** @throws what broke the connection; SourceError SOURCE_INTERRUPTED if there were more bytes than announced */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* this.#data.body as AsyncIterable<Buffer>;
      if (this.contentLength !== undefined && (await hasSurplus(this.#connection)))
        throw wrongLength(this.url);
    } finally {
      this.#release();
    }
  }

  /**
   * Reads a short body.
   *
   * @returns undefined if it has more bytes than that
   * @throws SourceError SOURCE_INTERRUPTED, SOURCE_TIMEOUT
   */
  async text(maxBytes: number): Promise<string | undefined> {
    const parts: Buffer[] = [];
    const deadline = performance.now() + this.#silenceMs;
    let length = 0;
    try {
      for await (const chunk of this.#data.body as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > maxBytes) return undefined;
        if (performance.now() > deadline) throw silent(this.url, this.#silenceMs);
        parts.push(chunk);
      }
      return Buffer.concat(parts).toString('utf8');
    } catch (error) {
      throw asInterrupted(error, this.url, this.#silenceMs);
    } finally {
      this.#release();
    }
  }

  async discard(): Promise<void> {
    const signal = this.status === 304 ? undefined : AbortSignal.timeout(DISCARD_MS);
    await this.#data.body.dump({ limit: DISCARD_BYTES, ...(signal && { signal }) }).catch(() => {});
    this.#release();
  }

  /** Closes the connection at once, in the middle of the body if need be. */
  abort(): void {
    if (this.#released) return;
    this.#released = true;
    this.#agent.destroy(this.#connection);
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#agent.release(this.url.origin, this.#connection);
  }
}

/** Whether the server sends more than it announced. Cut off at the announced length, a file would look whole. */
async function hasSurplus(connection: HttpConnection): Promise<boolean> {
  if (!connection.closedBy) {
    const done = new AbortController();
    const closed = once(connection.client, 'disconnect', { signal: done.signal }).catch(() => {});
    await Promise.race([closed, pause(SURPLUS_WAIT_MS)]);
    done.abort();
  }
  // undici closes a connection with this message when unexpected bytes arrive.
  return connection.closedBy?.message === 'bad response';
}
