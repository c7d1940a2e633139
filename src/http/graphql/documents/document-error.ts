// Errors about a document, as GraphQL over HTTP answers them: status 400, or 200 to clients that accept only JSON.

import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../../codes/error-codes.ts';

export function documentError(
  code: ErrorCode,
  message: string,
  details: Record<string, unknown> = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { ...details, code, http: { spec: true, status: 400 } } });
}
