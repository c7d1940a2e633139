// The page in place of GraphiQL where only operations of a list are executed: GraphiQL could not read the schema, and each of its
// queries would fail.

import { pagePolicy } from '../../security-headers.ts';

export const GRAPHIQL_OFF_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>GraphiQL is off · Loadstone</title>
<style>
  body { max-width: 40rem; margin: 4rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; }
</style>
</head>
<body>
<main>
<h1>GraphiQL is off</h1>
<p>This server executes only the operations of its list, so whatever you write here would be refused.</p>
<p>To try operations, ask a server without that list. Whoever runs this one can set
<code>PERSISTED_OPERATIONS_ONLY=false</code>, for development, and add operations to the list that
<code>PERSISTED_OPERATIONS</code> names.</p>
<p><a href="/">Console</a></p>
</main>
</body>
</html>
`;

export const GRAPHIQL_OFF_POLICY = pagePolicy({ scripts: "'none'", styles: "'unsafe-inline'" });
