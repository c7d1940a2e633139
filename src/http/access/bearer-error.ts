// The answer to a request whose token is missing or not valid (RFC 6750).

import type { GraphQLError } from 'graphql';
import { httpError } from '../http-error.ts';

const REALM = 'Bearer realm="Loadstone"';

/** @param isMissing whether the request has no token, rather than one that is not valid */
export function bearerError(message: string, isMissing = false): GraphQLError {
  const challenge = isMissing ? REALM : `${REALM}, error="invalid_token"`;
  return httpError(401, 'UNAUTHENTICATED', message, { 'www-authenticate': challenge });
}
