// The context that the server passes to Yoga with each request.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../access/identity.ts';

export type ServerContext = {
  req: IncomingMessage;
  identity: Identity;
  /** Aborts when the response has been sent or the client has disconnected. */
  over: AbortSignal;
};

/** The context of a request over HTTP, not over a WebSocket. */
export type HttpContext = ServerContext & {
  res: ServerResponse;
  /** Called if the response has no natural end: a shutdown does not wait for it. */
  onEndless: () => void;
  /**
   * Calls `end`, with the reason, when the client's token is no longer valid.
   *
   * @returns a function to call when that does not matter any more
   */
  watchAccess: (end: (reason: string) => void) => () => void;
  /** As `watchAccess`, but only for a token that is revoked, not for one that expires. */
  watchRevocation: HttpContext['watchAccess'];
  /** Called with the body of the response, if it is a stream. Yoga's response then has only the headers. */
  onStream: (stream: ResponseStream) => void;
};

export interface ResponseStream {
  /** Writes the stream to its end, or until the client disconnects. */
  sendTo(response: ServerResponse): Promise<void>;
  /** Ends a stream that is not sent. */
  cancel(): Promise<void>;
}

/**
 * @param request normalized by `normalizeRequest`
 * @returns this server's base URL as the client addressed it
 */
export function baseUrl(request: IncomingMessage): string {
  const { headers, socket } = request;
  const scheme = isHttps(request) ? 'https' : 'http';
  const host = headers.host ?? `${socket.localAddress}:${socket.localPort}`;
  return URL.parse(`${scheme}://${host}`)?.origin ?? `${scheme}://localhost`;
}

/**
 * @param request normalized by `normalizeRequest`
 * @returns whether the client reached the server over https, as a trusted proxy says
 */
export function isHttps({ headers }: IncomingMessage): boolean {
  return /^https$/i.test(String(headers['x-forwarded-proto']));
}
