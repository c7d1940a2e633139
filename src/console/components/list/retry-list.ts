// Repeats the query of a list that could not be loaded.

import type { CombinedError, UseQueryExecute } from 'urql';

/** @param reset called if the server rejected the query: then a filter or the cursor in the address is probably invalid */
export function retryList(
  error: CombinedError | undefined,
  refetch: UseQueryExecute,
  reset: () => void,
): void {
  if (error?.graphQLErrors.length) reset();
  refetch({ requestPolicy: 'network-only' });
}
