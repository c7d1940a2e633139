// A GraphQL result as it goes into a message, without what is meant for the HTTP response alone.

import type { ExecutionResult, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';

export function formatResult({ errors, ...rest }: ExecutionResult): FormattedExecutionResult {
  return { ...rest, ...(errors && { errors: errors.map(formatError) }) };
}

function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...formatted } = error.toJSON();
  const { http: _http, ...shown } = extensions ?? {};
  return { ...formatted, extensions: shown };
}
