// Writes Yoga's response to the connection, even if the client is still sending or does not read.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResponseStream } from '../server-context.ts';

/** How much, and for how long, the rest of a request is read after an early response. */
const LINGER_BYTES = 64 * 1024 * 1024;
const LINGER_MS = 10_000;

export async function sendResponse(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Response,
  { hasBody, stream }: { hasBody: boolean; stream: ResponseStream | undefined },
): Promise<void> {
  const headers: Record<string, string> = Object.fromEntries(answer.headers);
  response.appendHeader('vary', 'accept');
  if (stream) {
    if (response.destroyed || !hasBody) {
      if (!hasBody) response.writeHead(answer.status, headers).end();
      return stream.cancel();
    }
    return stream.sendTo(response.writeHead(answer.status, headers));
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
