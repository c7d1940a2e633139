// Decides what a client sees of an error: those written for clients with their code, of any other only an id.

import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { ERROR_CODES, type ErrorCode } from '../../codes/error-codes.ts';
import { isConnectionFailure, isDiskFull, isTransient } from '../../db/postgres/sqlstate.ts';
import { LoadstoneError } from '../../errors.ts';

/** Turns any error into one that may be sent; what it hides it logs, with the id it sends. */
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
    if (isClientGone(cause)) return placed(place, 'The client has left.', { code: 'INTERNAL' });
    if (isTransient(cause)) {
      log.warn({ err: cause }, 'A request failed for want of the database');
      return placed(place, ...troubleOfDatabase(cause));
    }
    const reference = randomUUID();
    log.error({ err: cause, reference }, 'A request failed unexpectedly');
    return placed(place, `Internal error, reference ${reference}`, {
      code: 'INTERNAL',
      ...(place?.path === undefined && { http: { status: 500 } }),
    });
  };
}

/** The reason of a request's signal: nobody reads what is answered, and nothing went wrong here. */
function isClientGone(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === 'AbortError';
}

/** What is told of a database that may be well again soon: the message, and the code. */
function troubleOfDatabase(cause: unknown): [message: string, extensions: { code: ErrorCode }] {
  if (isDiskFull(cause)) {
    const message = 'The disk of the database is full. Free some space there, then try again.';
    return [message, { code: 'DATABASE_FULL' }];
  }
  const what = isConnectionFailure(cause) ? 'does not answer at present' : 'broke the request off';
  return [`The database ${what}. Try again in a moment.`, { code: 'DATABASE_UNAVAILABLE' }];
}

/** What was thrown, underneath the GraphQL errors that say where. */
function originalError(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause instanceof GraphQLError ? error : cause;
}

/** A value that a scalar did not take: such an error has no path, for no field was executed yet. */
function isBadVariable(error: GraphQLError): boolean {
  return error.path === undefined && error.message.startsWith('Variable ');
}

/** An error for the client, at the same place of the document and of the result as the one it stands for. */
function placed(
  place: GraphQLError | undefined,
  message: string,
  extensions: GraphQLError['extensions'],
): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = place ?? {};
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
