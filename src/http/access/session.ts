// Signing in to the console: a token in exchange for a cookie, which no script can read.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson } from '../../json/json-reader.ts';
import { ChunkList } from '../../memory/chunk-list.ts';
import { httpError } from '../http-error.ts';
import { crossOriginError, isFromAnotherPage } from '../origins/cross-origin.ts';
import { isHttps } from '../server-context.ts';
import { cookieOf } from './credentials.ts';
import type { RequestAccess } from './request-access.ts';

export const SESSION_PATH = '/session';

const MAX_AGE_SECONDS = 30 * 86_400;
const MAX_BODY_BYTES = 16_384;
const BODY_WITHIN_MS = 10_000;

/**
 * POST with `{"token": "..."}` signs in, DELETE signs out.
 *
 * @throws an HTTP error 400, 401, 403, 408, 413, 415, 429 or 503; errors of the database
 */
export async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  access: RequestAccess,
): Promise<void> {
  if (isFromAnotherPage(request.headers)) throw crossOriginError();
  const isSecure = isHttps(request);
  const headers = { 'cache-control': 'no-store' };
  if (request.method === 'DELETE') {
    response.writeHead(204, { ...headers, 'set-cookie': cookieOf('', { maxAgeSeconds: 0, isSecure }) }).end();
    return;
  }
  const token = await readToken(request);
  const { expiresAt = Number.POSITIVE_INFINITY } = await access.grant(token, request);
  const maxAgeSeconds = Math.min(MAX_AGE_SECONDS, Math.max(0, Math.ceil((expiresAt - Date.now()) / 1000)));
  const cookie = access.isOpen ? {} : { 'set-cookie': cookieOf(token, { maxAgeSeconds, isSecure }) };
  response.writeHead(204, { ...headers, ...cookie }).end();
}

async function readToken(request: IncomingMessage): Promise<string> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw httpError(415, 'UNSUPPORTED_MEDIA_TYPE', `Send ${FORM} as application/json.`);
  const body = await readBody(request);
  let token: unknown;
  try {
    ({ token } = parseJson(body) as { token?: unknown });
  } catch {
    // As without a token.
  }
  // What could not be the value of a cookie is no token.
  if (typeof token === 'string' && /^[\w.-]+$/.test(token)) return token;
  throw httpError(
    400,
    'BAD_REQUEST',
    `Send ${FORM}. A token has only letters, digits and the characters . _ -`,
  );
}

const FORM = '{"token": "..."}';

async function readBody(request: IncomingMessage): Promise<Buffer> {
  using body = new ChunkList();
  const timeout = setTimeout(() => request.destroy(), BODY_WITHIN_MS);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      body.add(chunk);
      if (body.bytes > MAX_BODY_BYTES)
        throw httpError(413, 'BAD_REQUEST', `The body has more than ${MAX_BODY_BYTES} bytes. Send ${FORM}.`);
    }
  } finally {
    clearTimeout(timeout);
  }
  return body.takeBytes();
}
