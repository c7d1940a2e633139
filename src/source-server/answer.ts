// What every answer of the server has in common.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import Negotiator from 'negotiator';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** A short answer in words. */
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

export function takesGzip({ request }: Exchange): boolean {
  return new Negotiator(request).encoding(['gzip', 'identity']) === 'gzip';
}

/**
 * Sends the bytes, of which the head of the answer has been set.
 *
 * @throws what reading them throws, after the connection was cut: the client must not take it for a whole
 */
export async function sendBytes(
  { response }: Exchange,
  bytes: AsyncIterable<Buffer>,
  packed: boolean,
): Promise<void> {
  if (packed) await pipeline(bytes, createGzip({ level: constants.Z_BEST_SPEED }), response);
  else await pipeline(bytes, response);
}
