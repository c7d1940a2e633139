// Sends responses.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import Negotiator from 'negotiator';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** Sends a short text. */
export function sendText({ request, response }: Exchange, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function acceptsGzip({ request }: Exchange): boolean {
  return new Negotiator(request).encoding(['gzip', 'identity']) === 'gzip';
}

/**
 * Sends the body; status and headers have been set.
 *
 * @throws what reading the bytes throws, after closing the connection so that the client sees that it is incomplete
 */
export async function sendBytes(
  { response }: Exchange,
  bytes: AsyncIterable<Buffer>,
  isCompressed: boolean,
): Promise<void> {
  if (isCompressed) await pipeline(bytes, createGzip({ level: constants.Z_BEST_SPEED }), response);
  else await pipeline(bytes, response);
}
