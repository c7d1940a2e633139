// Detects requests that a page of another origin makes its visitor's browser send (CSRF protection).

import type { IncomingHttpHeaders } from 'node:http';
import { httpError } from '../http-error.ts';

/** A page of another origin can send these only after a CORS preflight, which this server never grants. */
const PREFLIGHT_HEADERS = ['graphql-preflight', 'x-graphql-yoga-csrf', 'apollo-require-preflight'];

/**
 * Browsers say whether the page has the same origin in Sec-Fetch-Site, which no page can set and which holds even if a
 * proxy rewrites the Host. Browsers without it (older ones, some in a WebSocket handshake) send Origin with every POST
 * and handshake. Other clients send neither.
 */
export function isCrossOrigin(headers: IncomingHttpHeaders): boolean {
  return !hasPreflight(headers) && isFromAnotherPage(headers);
}

/** Whether the request has a header that a page of another origin can send only after a preflight. */
export function hasPreflight(headers: IncomingHttpHeaders): boolean {
  return PREFLIGHT_HEADERS.some((name) => headers[name] !== undefined);
}

/** Whether the browser says that the request comes from a page of this server, or that a person asked for it. */
export function isFromOwnPage(headers: IncomingHttpHeaders): boolean {
  const isFromPage = headers['sec-fetch-site'] !== undefined || headers.origin !== undefined;
  return isFromPage && !isFromAnotherPage(headers);
}

/** Whether a page of another origin sends the request, even if a preflight has allowed it. */
export function isFromAnotherPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (headers.origin === undefined) return false;
  const origin = URL.parse(headers.origin)?.host;
  return origin === undefined || withoutDefaultPort(origin) !== withoutDefaultPort(headers.host);
}

export function crossOriginError(): Error {
  const message =
    'This request comes from a page of another origin. Send it from this server’s own pages or from a program, or add the origin of the page to ALLOWED_ORIGINS on the server. If a proxy is in between, make it forward the Host header.';
  return httpError(403, 'CROSS_ORIGIN_REQUEST', message);
}

/** A proxy may terminate TLS, so the default ports of both schemes are dropped. */
function withoutDefaultPort(host: string | undefined): string | undefined {
  return host?.toLowerCase().replace(/:(80|443)?$/, '');
}
