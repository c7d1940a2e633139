// The answer to a request whose token is missing or not valid (RFC 6750).

import type { GraphQLError } from 'graphql';
import { httpError } from '../http-error.ts';

const CHALLENGE = 'Bearer realm="Loadstone"';

export function noTokenError(message: string): GraphQLError {
  return httpError(401, 'UNAUTHENTICATED', message, { 'www-authenticate': CHALLENGE });
}

/** @param headers of the response, besides the challenge */
export function badTokenError(message: string, headers: Record<string, string> = {}): GraphQLError {
  const challenge = `${CHALLENGE}, error="invalid_token"`;
  return httpError(401, 'UNAUTHENTICATED', message, { ...headers, 'www-authenticate': challenge });
}
