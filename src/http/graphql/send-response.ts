// Writes Yoga's response to the connection, even if the client is still sending or does not read.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** How much, and for how long, the rest of a request is read after an early response. */
const LINGER_BYTES = 64 * 1024 * 1024;
const LINGER_MS = 10_000;
/** How long a client may leave a stream unread before it is disconnected. */
const STALL_MS = 60_000;

export async function sendResponse(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Response,
  { hasBody }: { hasBody: boolean },
): Promise<void> {
  const headers: Record<string, string> = { vary: 'accept', ...Object.fromEntries(answer.headers) };
  if (headers['content-type']?.startsWith('text/event-stream') && answer.body) {
    if (response.destroyed || !hasBody) {
      if (!hasBody) response.writeHead(answer.status, headers).end();
      return answer.body.cancel();
    }
    return sendStream(response.writeHead(answer.status, headers), answer.body);
  }
  const body = Buffer.from(await answer.text());
  if (response.destroyed) return;
  headers['content-length'] = String(body.length);
  if (request.complete) {
    response.writeHead(answer.status, headers).end(body);
  } else {
    // If the connection closed now, a client that is still writing would get a reset and never read the response.
    response.writeHead(answer.status, { ...headers, connection: 'close' }).write(body);
    await readRest(request);
    response.end();
  }
}

async function sendStream(response: ServerResponse, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (response.destroyed) return;
      if (!response.write(part.value)) await drained(response);
    }
    response.end();
  } finally {
    await reader.cancel();
  }
}

async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stalled = setTimeout(() => response.destroy(), STALL_MS);
  response.once('drain', resolve).once('close', resolve);
  await promise;
  clearTimeout(stalled);
  response.off('drain', resolve).off('close', resolve);
}

/** Discards the rest of the request, within limits. */
async function readRest(request: IncomingMessage): Promise<void> {
  const enough = new AbortController();
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) enough.abort();
  };
  request.unpipe().on('data', count).resume();
  const closed = once(request, 'close', {
    signal: AbortSignal.any([enough.signal, AbortSignal.timeout(LINGER_MS)]),
  });
  await closed.catch(() => {});
  request.off('data', count);
}
