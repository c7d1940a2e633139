// The page at the server's root.

import type { ServerResponse } from 'node:http';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Loadstone</title>
<h1>Loadstone</h1>
<p>Queries, uploads and live progress are at <a href="/graphql">/graphql</a>.</p>
</html>
`;

export function answerHomePage(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
}
