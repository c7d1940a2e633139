// Reads what a client still sends after it was answered. If the connection closed at once, the client would get a reset and
// never read the response.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { freeChunk } from '../memory/free-chunk.ts';

/** How much, and for how long. */
const LINGER_BYTES = 64 * 1024 * 1024;
const LINGER_MS = 10_000;

/** Discards the rest of the request, within limits. */
export async function readRest(request: IncomingMessage): Promise<void> {
  const enough = new AbortController();
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    freeChunk(chunk);
    if (bytes > LINGER_BYTES) enough.abort();
  };
  request.unpipe().on('data', count).resume();
  const closed = once(request, 'close', {
    signal: AbortSignal.any([enough.signal, AbortSignal.timeout(LINGER_MS)]),
  });
  await closed.catch(() => {});
  request.off('data', count);
}
