// What a request is answered that cannot be served: a status, and a body in the shape of a GraphQL result that says why.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../codes/error-codes.ts';
import { presentResult } from './present-result.ts';

/** What Yoga, too, looks for in the extensions of an error. */
interface HttpExtension {
  status: number;
  headers: Record<string, string>;
}

/** A client that does not close its side in turn is not waited for. */
const LINGER_MS = 1000;

/** An error that Yoga and `answerRefusal` turn into a response with this status and these headers. */
export function refusal(
  status: number,
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } });
}

export function methodRefusal(method: string | undefined, allowed: readonly string[]): GraphQLError {
  const message = `${method} is not answered here. Use ${allowed.join(', ').replace(/, (\w+)$/, ' or $1')}.`;
  return refusal(405, 'BAD_REQUEST', message, { allow: allowed.join(', ') });
}

export function stoppingRefusal(): GraphQLError {
  const message = 'The server is closing. Try again in a moment.';
  return refusal(503, 'SHUTTING_DOWN', message, { connection: 'close' });
}

export function isRefusal(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.extensions['http'] !== undefined;
}

/** @param error without a status when something is out of order here */
export function answerRefusal(response: ServerResponse, error: GraphQLError): void {
  const { status, headers, body } = messageOf(error);
  response.writeHead(status, headers).end(body);
}

/** For a connection on which no response exists: what came is no request, or asks for another protocol. */
export function refuseSocket(socket: Duplex, error: GraphQLError): void {
  const { status, headers, body } = messageOf(error);
  const lines = Object.entries({ ...headers, connection: 'close' }).map((header) => header.join(': '));
  socket.on('error', () => {});
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

function messageOf(error: GraphQLError) {
  const { status, headers } = (error.extensions['http'] ?? {}) as Partial<HttpExtension>;
  const body = JSON.stringify(presentResult({ errors: [error] }));
  return {
    status: status ?? (error.extensions['code'] === 'INTERNAL' ? 500 : 503),
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
    },
    body,
  };
}
