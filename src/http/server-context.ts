// What each GraphQL request brings along from the server it came in on.

import type { IncomingMessage, ServerResponse } from 'node:http';

export type ServerContext = {
  req: IncomingMessage;
  /** Aborts when the request is over: answered, or its client gone. */
  over: AbortSignal;
};

/** A request that came over HTTP and not over a WebSocket. */
export type HttpContext = ServerContext & {
  res: ServerResponse;
  /** Called when the answer turns out to be a stream, for whose end a server that closes does not wait. */
  onStream: () => void;
};

/** @returns this server’s address as the client wrote it in its request */
export function baseUrl({ headers, socket }: IncomingMessage): string {
  // Of several proxies, the first is the one that the client asked.
  const scheme = /^\s*https\s*(,|$)/i.test(String(headers['x-forwarded-proto'])) ? 'https' : 'http';
  const host = headers.host ?? `${socket.localAddress}:${socket.localPort}`;
  return URL.parse(`${scheme}://${host}`)?.origin ?? `${scheme}://localhost`;
}
