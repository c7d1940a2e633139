// The page at /: links to the files.

import type { Exchange } from './answer.ts';
import type { FileState } from './folder.ts';

export function sendIndex({ request, response }: Exchange, states: FileState[]): void {
  const body = Buffer.from(page(states));
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function page(states: FileState[]): string {
  const rows = states.map(({ name, bytes, modifiedAt }) => {
    const link = `<a href="files/${encodeURIComponent(name)}">${escapeHtml(name)}</a>`;
    return `<tr><td>${link}<td align="right">${bytes.toLocaleString('en')} bytes<td>${modifiedAt.toISOString()}`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Loadstone data source</title>
<style>body { font: 1rem/1.5 system-ui; margin: 2rem } td { padding-right: 2rem }</style>
<h1>Data source</h1>
<p><a href="sense">sense</a>: 1 if a file has changed since the last complete read, else 0.
<a href="read">read</a>: all files as one.</p>
<table>
${rows.length > 0 ? rows.join('\n') : '<tr><td>There is no CSV file in the folder.'}
</table>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
