// Queries and mutations, over HTTP. A page shows what it knew at once, and what the server says as soon as it does.

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
