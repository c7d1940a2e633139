import type { CombinedError } from 'urql';

/** The server's message or, if the server did not respond, an explanation. */
export function errorMessage(error: CombinedError | Error): string {
  if ('networkError' in error && error.networkError) {
    return 'The server cannot be reached right now. The page will retry when the connection is back.';
  }
  if ('graphQLErrors' in error && error.graphQLErrors[0]) return error.graphQLErrors[0].message;
  return error.message;
}
