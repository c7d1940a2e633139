// Masks errors: a client sees the message and code of errors written for it, and of any other only a reference id.

import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { ERROR_CODES, type ErrorCode } from '../../codes/error-codes.ts';
import { isConnectionFailure, isDiskFull, isTransient } from '../../db/postgres/sqlstate.ts';
import { LoadstoneError } from '../../errors.ts';

/** Turns any error into one that is safe to send. Masked errors are logged with the reference id that the client sees. */
export type ErrorMask = (error: unknown) => GraphQLError;

export function errorMask(log: Logger): ErrorMask {
  return (error) => {
    const cause = originalError(error);
    const place = error instanceof GraphQLError ? error : undefined;
    if (cause instanceof LoadstoneError) {
      const { status } = ERROR_CODES[cause.code];
      return placed(place, cause.message, {
        ...cause.details,
        code: cause.code,
        ...(status && { http: { status } }),
      });
    }
    if (error instanceof GraphQLError && (cause === error || isBadVariable(error))) {
      return placed(place, error.message, { code: 'BAD_USER_INPUT', ...error.extensions });
    }
    if (isClientGone(cause)) return placed(place, 'The client has disconnected.', { code: 'INTERNAL' });
    if (isTransient(cause)) {
      log.warn({ err: cause }, 'A request failed because the database is unavailable');
      return placed(place, ...databaseError(cause));
    }
    const reference = randomUUID();
    log.error({ err: cause, reference }, 'A request failed unexpectedly');
    return placed(place, `Internal error, reference ${reference}`, {
      code: 'INTERNAL',
      ...(place?.path === undefined && { http: { status: 500 } }),
    });
  };
}

/** A request is aborted when its client disconnects, which is not a fault of the server. */
function isClientGone(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === 'AbortError';
}

/** Message and code for a database error that is likely to pass. */
function databaseError(cause: unknown): [message: string, extensions: { code: ErrorCode }] {
  if (isDiskFull(cause)) {
    const message = 'The disk of the database is full. Free some space there, then try again.';
    return [message, { code: 'DATABASE_FULL' }];
  }
  const what = isConnectionFailure(cause) ? 'is not reachable' : 'aborted the request';
  return [`The database ${what}. Try again in a moment.`, { code: 'DATABASE_UNAVAILABLE' }];
}

/** Unwraps the GraphQL errors that only add a location, and the errors of Drizzle around those written for clients. */
export function originalError(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  if (cause instanceof Error && cause.cause instanceof LoadstoneError) return cause.cause;
  return cause instanceof GraphQLError ? error : cause;
}

/** A variable that a scalar rejected. Such an error has no path, as no field has been executed. */
function isBadVariable(error: GraphQLError): boolean {
  return error.path === undefined && error.message.startsWith('Variable ');
}

/** An error with the location and path of the original one. */
function placed(
  place: GraphQLError | undefined,
  message: string,
  extensions: GraphQLError['extensions'],
): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = place ?? {};
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
