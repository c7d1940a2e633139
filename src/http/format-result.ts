// A GraphQL result as it is sent, without the extension `http`, which sets the status and headers of a response.

import type { ExecutionResult, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';

export function formatResult({ errors, ...rest }: ExecutionResult): FormattedExecutionResult {
  return { ...rest, ...(errors && { errors: errors.map(formatError) }) };
}

function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...formatted } = error.toJSON();
  const { http: _http, ...shown } = extensions ?? {};
  return { ...formatted, extensions: shown };
}
