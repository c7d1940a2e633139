// The client for queries and mutations over HTTP. Cached results are shown first and then replaced by fresh ones.

import { Client, cacheExchange, fetchExchange } from 'urql';

export const GRAPHQL_PATH = '/graphql';

export function createClient(): Client {
  return new Client({
    url: GRAPHQL_PATH,
    exchanges: [cacheExchange, fetchExchange],
    requestPolicy: 'cache-and-network',
    preferGetMethod: false,
  });
}
