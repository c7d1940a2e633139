// Serves the web console: the files of its build, and index.html at the address of each page.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import Negotiator from 'negotiator';
import send from 'send';
import { openWithRetry } from '../../file-descriptors.ts';
import { pagePolicy } from '../security-headers.ts';

/** The output of `npm run console:build`. */
export const CONSOLE_FOLDER = join(import.meta.dirname, '../../../dist/console');

/** Paths of the console's pages. For others, browsers get the console's "not found" page with status 404. */
const PAGE = /^\/(?:|sign-in|(?:imports|sources|products|names)(?:\/[^/]*)?|sources\/[^/]+\/edit)\/?$/;

/** How long to retry while the process has no free file descriptor. */
const OPEN_TIMEOUT_MS = 10_000;

/** Files with a hash of their content in their names, which can be cached forever. */
const HASHED = '/assets/';

/** File types that the build precompresses, and the codings in order of preference. */
const COMPRESSED: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** The placeholder in index.html for the nonce of each response, which allows the page's inline styles. */
const NONCE = /__CSP_NONCE__/g;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Loadstone</title>
<h1>The console is not built</h1>
<p>Run <code>npm run console:build</code> in the folder of Loadstone, then load this page again.</p>
<p>The API works without it: <a href="/graphql">/graphql</a>.</p>
</html>
`;

/** @param folder of the console's build, which may be created or replaced while the server runs */
export async function serveConsole(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  folder: string,
): Promise<void> {
  if (isConsolePage(path)) return sendPage(response, folder, 200);
  if (await sendFile(request, response, path, folder)) return;
  if (wantsPage(request, path)) return sendPage(response, folder, 404);
  sendNotFound(response);
}

export function isConsolePage(path: string): boolean {
  return PAGE.test(path);
}

export function sendNotFound(response: ServerResponse): void {
  response
    .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
    .end('Not found. The GraphQL endpoint is /graphql, the console is at /.\n');
}

async function sendPage(response: ServerResponse, folder: string, status: 200 | 404): Promise<void> {
  const nonce = randomBytes(16).toString('base64');
  const read = () => readFile(join(folder, 'index.html'), 'utf8');
  const page = await openWithRetry(read, { withinMs: OPEN_TIMEOUT_MS }).catch(() => undefined);
  response
    .writeHead(page ? status : 503, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy({ scripts: "'self'", styles: `'self' 'nonce-${nonce}'` }),
      // The page has a nonce and names the files of the current build, so it must be revalidated.
      'cache-control': 'no-cache',
    })
    .end(page?.replace(NONCE, nonce) ?? NOT_BUILT);
}

/** @returns false if the build has no such file */
async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  folder: string,
): Promise<boolean> {
  // Pages need a nonce: see sendPage.
  if (extname(path) === '.html') return false;
  const type = COMPRESSED[extname(path)];
  if (type === undefined) return sendOne(request, response, path, folder, {});
  const accepted = new Negotiator(request).encodings(ENCODINGS.map(([encoding]) => encoding));
  for (const [encoding, extension] of ENCODINGS) {
    if (!accepted.includes(encoding)) continue;
    const headers = { 'content-type': type, 'content-encoding': encoding, vary: 'accept-encoding' };
    if (await sendOne(request, response, path + extension, folder, headers)) return true;
  }
  return sendOne(request, response, path, folder, { 'content-type': type, vary: 'accept-encoding' });
}

function sendOne(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  folder: string,
  headers: Record<string, string>,
): Promise<boolean> {
  const cache = path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache';
  const before = new Set(response.getHeaderNames());
  return new Promise((resolve, reject) => {
    send(request, path, { root: folder, index: false, cacheControl: false })
      .on('headers', () => {
        response.setHeaders(new Map(Object.entries({ 'cache-control': cache, ...headers })));
      })
      .on('directory', () => resolve(false))
      .on('error', (error: Error & { status: number }) => {
        // A new build may have removed the file in the meantime.
        if (response.headersSent) return reject(error);
        for (const name of response.getHeaderNames()) if (!before.has(name)) response.removeHeader(name);
        if (error.status === 412 || error.status === 416) response.writeHead(error.status).end();
        else resolve(false);
      })
      .pipe(response);
    response.once('close', () => resolve(true));
  });
}

/** Whether a browser navigates here, rather than a program fetching a file. */
function wantsPage({ headers }: IncomingMessage, path: string): boolean {
  return extname(path) === '' && (headers.accept ?? '').includes('text/html');
}
