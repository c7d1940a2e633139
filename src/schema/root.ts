// The three entrances; each domain type adds its fields to them.

import { builder } from './builder.ts';

builder.queryType({ description: 'Reads the catalogue, its counts, the imports and the data sources.' });
builder.mutationType({ description: 'Imports files, changes single products, and sets up data sources.' });
builder.subscriptionType({
  description: 'Live views, over Server-Sent Events (graphql-sse) and WebSocket (graphql-ws).',
});
