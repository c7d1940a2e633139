// The three entrances; each domain type adds its fields to them.

import { builder } from './builder.ts';

builder.queryType({ description: 'Reads the catalogue, its counts, and the imports.' });
builder.mutationType({ description: 'Imports files, and changes single products.' });
builder.subscriptionType({
  description: 'Live views, over Server-Sent Events (graphql-sse) and WebSocket (graphql-ws).',
});
