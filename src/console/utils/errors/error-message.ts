// What to show of the error of a request.

import type { CombinedError } from 'urql';
import { plainError } from './plain-message.ts';

/** The server's message in plain words or, if the server did not respond, an explanation. */
export function errorMessage(error: CombinedError | Error): string {
  if ('networkError' in error && error.networkError) {
    return 'The server cannot be reached right now. The page will retry when the connection is back.';
  }
  const [first] = 'graphQLErrors' in error ? error.graphQLErrors : [];
  if (first) return plainError({ code: String(first.extensions['code']), message: first.message });
  return error.message;
}
