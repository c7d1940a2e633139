// What a request is answered that cannot be served: a status, and a body in the shape of a GraphQL result that says why.

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../errors.ts';
import { presentResult } from './present-result.ts';

/** Codes that only requests have, besides those of errors. Stable: clients act on them. */
export type RefusalCode =
  | Extract<ErrorCode, 'BAD_USER_INPUT' | 'NOT_FOUND' | 'SHUTTING_DOWN'>
  | 'BAD_REQUEST'
  | 'CROSS_ORIGIN_REQUEST'
  | 'NOT_ACCEPTABLE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'OPERATION_RESOLUTION_FAILURE';

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};

/** An error that Yoga and `answerRefusal` turn into a response with this status and these headers. */
export function refusal(
  status: number,
  code: RefusalCode,
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
  return error instanceof GraphQLError && statusOf(error) !== undefined;
}

export function statusOf({ extensions }: GraphQLError): number | undefined {
  return (extensions['http'] as { status?: number } | undefined)?.status;
}

/** @param error without a status when something is out of order here */
export function answerRefusal(response: ServerResponse, error: GraphQLError): void {
  const { headers } = (error.extensions['http'] ?? {}) as { headers?: Record<string, string> };
  const status = statusOf(error) ?? (error.extensions['code'] === 'INTERNAL' ? 500 : 503);
  response.writeHead(status, { ...headers, ...bodyHeaders }).end(bodyOf(error));
}

/** For a connection on which no response exists: what came is no request, or asks for another protocol. */
export function refuseSocket(socket: Duplex, error: GraphQLError): void {
  const status = statusOf(error) ?? 500;
  const body = bodyOf(error);
  const headers = { ...bodyHeaders, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => {});
  socket.end([`HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}`, ...lines, '', body].join('\r\n'));
  // A client that does not close its side in turn is not waited for.
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

const LINGER_MS = 1000;
const bodyHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

function bodyOf(error: GraphQLError): string {
  return JSON.stringify(presentResult({ errors: [error] }));
}
