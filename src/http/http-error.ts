// Errors with an HTTP status. Their body has the shape of a GraphQL result, on every route.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../codes/error-codes.ts';
import { formatResult } from './format-result.ts';
import { readRest } from './read-rest.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Yoga reads this from the extensions of an error too. */
interface HttpExtension {
  status: number;
  headers: Record<string, string>;
}

/** How long a client may take to close its side of a rejected connection. */
const LINGER_MS = 1000;

/** An error that Yoga and `sendHttpError` turn into a response with this status and these headers. */
export function httpError(
  status: number,
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } });
}

/** An error 429 of a client that may do the same again after some seconds, which are in the extensions too. */
export function tryLater(code: ErrorCode, message: string, seconds: number): GraphQLError {
  const error = httpError(429, code, message, { 'retry-after': String(seconds) });
  error.extensions['retryAfter'] = seconds;
  return error;
}

export function methodNotAllowed(method: string | undefined, allowed: readonly string[]): GraphQLError {
  const message = `${method} is not allowed here. Use ${allowed.join(', ').replace(/, (\w+)$/, ' or $1')}.`;
  return httpError(405, 'BAD_REQUEST', message, { allow: allowed.join(', ') });
}

export function shuttingDown(): GraphQLError {
  const message = 'The server is shutting down. Try again in a moment.';
  return httpError(503, 'SHUTTING_DOWN', message, { connection: 'close' });
}

export function isHttpError(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.extensions['http'] !== undefined;
}

/** @param error if it has no status, 500 is sent for INTERNAL and 503 otherwise */
export async function sendHttpError(response: ServerResponse, error: GraphQLError): Promise<void> {
  const { status, headers, body } = responseOf(error);
  const { req: request } = response;
  const hasBody = 'transfer-encoding' in request.headers || Number(request.headers['content-length']) > 0;
  if (request.complete || !hasBody) return void response.writeHead(status, headers).end(body);
  response.writeHead(status, { ...headers, connection: 'close' }).write(body);
  await readRest(request);
  response.end();
}

/** Rejects a connection that has no response object: malformed requests, CONNECT and upgrades. */
export function rejectSocket(socket: Duplex, error: GraphQLError): void {
  const { status, headers, body } = responseOf(error);
  const lines = Object.entries({ ...headers, connection: 'close' }).map((header) => header.join(': '));
  socket.on('error', () => {});
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

function responseOf(error: GraphQLError) {
  const { status, headers } = (error.extensions['http'] ?? {}) as Partial<HttpExtension>;
  const body = JSON.stringify(formatResult({ errors: [error] }));
  return {
    status: status ?? (error.extensions['code'] === 'INTERNAL' ? 500 : 503),
    headers: {
      ...SECURITY_HEADERS,
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
    },
    body,
  };
}
