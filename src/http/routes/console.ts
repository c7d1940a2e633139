// The web console: the files of its build, and its page at each of its addresses.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import Negotiator from 'negotiator';
import send from 'send';
import { openWithRetry } from '../../file-descriptors.ts';

/** Where `npm run console:build` leaves it. */
export const CONSOLE_FOLDER = join(import.meta.dirname, '../../../dist/console');

/** The addresses of the console's pages. Any other that a browser opens gets its page "not found", as a 404. */
const PAGE = /^\/(?:|(?:imports|sources|products|names)(?:\/[^/]*)?|sources\/[^/]+\/edit)\/?$/;

/** How long there may be no file descriptor for the page, in milliseconds. */
const WAIT_MS = 10_000;

/** Files whose names tell their content: a new build has new names. */
const HASHED = '/assets/';

/** What the build compresses ahead, and how, the better way first. */
const COMPRESSED: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

const SAFETY = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** What the build writes in the page where each answer has a secret of its own, by which the page knows its styles. */
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

/** @param folder the console's build; it may be made, or made again, while the server runs */
export async function answerConsole(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  folder: string,
): Promise<void> {
  if (isConsolePage(path)) return answerPage(response, folder, 200);
  if (await sendFile(request, response, path, folder)) return;
  if (wantsPage(request, path)) return answerPage(response, folder, 404);
  answerNothing(response);
}

export function isConsolePage(path: string): boolean {
  return PAGE.test(path);
}

export function answerNothing(response: ServerResponse): void {
  response
    .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
    .end('Nothing is here. The GraphQL endpoint is /graphql, the console is at /.\n');
}

async function answerPage(response: ServerResponse, folder: string, status: 200 | 404): Promise<void> {
  const nonce = randomBytes(16).toString('base64');
  const read = () => readFile(join(folder, 'index.html'), 'utf8');
  const page = await openWithRetry(read, { withinMs: WAIT_MS }).catch(() => undefined);
  response
    .writeHead(page ? status : 503, {
      ...SAFETY,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(nonce),
      // Each answer differs by its nonce, and names the files of the newest build: it must not be kept.
      'cache-control': 'no-cache',
    })
    .end(page?.replace(NONCE, nonce) ?? NOT_BUILT);
}

function policy(nonce: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** @returns false when the build has no such file */
async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  folder: string,
): Promise<boolean> {
  // The page itself has its own way, with a nonce.
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
  return new Promise((resolve, reject) => {
    send(request, path, { root: folder, index: false, cacheControl: false })
      .on('headers', () => {
        for (const [name, value] of Object.entries({ ...SAFETY, 'cache-control': cache, ...headers })) {
          response.setHeader(name, value);
        }
      })
      .on('directory', () => resolve(false))
      .on('error', (error: Error & { status: number }) => {
        // A new build may have taken the file away since it was looked for.
        if (response.headersSent) return reject(error);
        for (const name of response.getHeaderNames()) response.removeHeader(name);
        if (error.status === 412 || error.status === 416) response.writeHead(error.status).end();
        else resolve(false);
      })
      .pipe(response);
    response.once('close', () => resolve(true));
  });
}

/** Whether a person looks for a page here, and not a program for a file. */
function wantsPage({ headers }: IncomingMessage, path: string): boolean {
  return extname(path) === '' && (headers.accept ?? '').includes('text/html');
}
