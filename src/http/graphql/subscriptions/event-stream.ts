// Results as Server-Sent Events: the graphql-sse protocol, in its "distinct connections mode".
//
// With backpressure: the next result is taken only when the connection has taken the last, so that a subscriber that does
// not read costs one event, not a backlog. (Yoga's processor and graphql-sse's handler both buffer ahead.)
//
// `complete` means that the subscription has ended; clients do not reconnect after it. So a server that shuts down closes
// the connection without it.

import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { formatResult } from '../../format-result.ts';
import type { ResponseStream } from '../../server-context.ts';

/** How long a client may leave a stream unread before it is disconnected. */
const STALL_MS = 60_000;
const PING = Buffer.from(':\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');

export class EventStream implements ResponseStream {
  readonly #results: AsyncIterableIterator<ExecutionResult>;
  readonly #keepAliveMs: number;

  /** @param results that end when the client disconnects */
  constructor(results: AsyncIterableIterator<ExecutionResult>, keepAliveMs: number) {
    this.#results = results;
    this.#keepAliveMs = keepAliveMs;
  }

  async sendTo(response: ServerResponse): Promise<void> {
    // Comments keep an idle connection alive, and show both sides that it is.
    const keepAlive = setInterval(() => {
      if (!response.destroyed && !needsDrain(response)) response.write(PING);
    }, this.#keepAliveMs);
    try {
      response.write(PING);
      for await (const result of this.#results) {
        if (response.destroyed) return;
        if (!write(response, eventOf(result))) await drained(response);
        keepAlive.refresh();
      }
      if (!response.destroyed) response.end(COMPLETE);
    } finally {
      clearInterval(keepAlive);
    }
  }

  async cancel(): Promise<void> {
    await this.#results.return?.();
  }
}

interface Event {
  text: Buffer;
  /** The same as a chunk of a response with chunked encoding. */
  chunk: Buffer;
}

/** Subscribers may share a result, and then share its event. */
const events = new WeakMap<ExecutionResult, Event>();

function eventOf(result: ExecutionResult): Event {
  const known = events.get(result);
  if (known) return known;
  const text = Buffer.from(`event: next\ndata: ${JSON.stringify(formatResult(result))}\n\n`);
  const chunk = Buffer.concat([Buffer.from(`${text.length.toString(16)}\r\n`), text, Buffer.from('\r\n')]);
  const event = { text, chunk };
  events.set(result, event);
  return event;
}

/**
 * To the socket, if the response is the one that it sends: `response.write` would frame the event again for each
 * subscriber, and send it in four pieces.
 *
 * @returns whether more may be written before the connection has taken this
 */
function write(response: ServerResponse, { text, chunk }: Event): boolean {
  return response.chunkedEncoding && response.socket ? response.socket.write(chunk) : response.write(text);
}

function needsDrain(response: ServerResponse): boolean {
  return response.writableNeedDrain || response.socket?.writableNeedDrain === true;
}

async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stalled = setTimeout(() => response.destroy(), STALL_MS);
  const { socket } = response;
  response.once('drain', resolve).once('close', resolve);
  socket?.once('drain', resolve);
  await promise;
  clearTimeout(stalled);
  response.off('drain', resolve).off('close', resolve);
  socket?.off('drain', resolve);
}
