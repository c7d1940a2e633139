// The client for queries and mutations over HTTP. Cached results are shown first and then replaced by fresh ones.

import { Client, cacheExchange, fetchExchange, mapExchange } from 'urql';

export const GRAPHQL_PATH = '/graphql';

/** @param onUnauthenticated called when the server refuses a request for want of a valid token */
export function createClient(onUnauthenticated: () => void): Client {
  return new Client({
    url: GRAPHQL_PATH,
    exchanges: [
      cacheExchange,
      mapExchange({
        onError({ graphQLErrors }) {
          if (graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED'))
            onUnauthenticated();
        },
      }),
      fetchExchange,
    ],
    requestPolicy: 'cache-and-network',
    preferGetMethod: false,
  });
}
