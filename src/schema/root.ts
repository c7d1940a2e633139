// The root types. The other files add their fields to them.

import { builder } from './builder.ts';

builder.queryType({ description: 'Reads products, name counts, imports and data sources.' });
builder.mutationType({ description: 'Imports files, updates products and manages data sources.' });
builder.subscriptionType({
  description:
    'Live updates, over Server-Sent Events (GraphQL over SSE) or WebSocket (`graphql-transport-ws`).',
});
