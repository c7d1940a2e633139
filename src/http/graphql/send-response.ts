// Writes Yoga's response to the connection, even if the client is still sending or does not read.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { readRest } from '../read-rest.ts';
import type { ResponseStream } from '../server-context.ts';

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
