// Tells requests that another site's page makes its visitor's browser send (cross-site request forgery).

import type { IncomingHttpHeaders } from 'node:http';
import { httpError } from './http-error.ts';

/** A page can add one of these only after a CORS preflight, which this server never grants to another site. */
const PREFLIGHT_HEADERS = ['graphql-preflight', 'x-graphql-yoga-csrf', 'apollo-require-preflight'];

/**
 * Browsers tell whether a request comes from a page of the same origin, in a header that no page can set; it holds
 * whatever a proxy has made of the Host. Where they do not (older ones, and some at a WebSocket handshake), they name
 * the origin of the page in every POST and handshake. Other clients send neither.
 */
export function isCrossOrigin(headers: IncomingHttpHeaders): boolean {
  if (PREFLIGHT_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (headers.origin === undefined) return false;
  const origin = URL.parse(headers.origin)?.host;
  return origin === undefined || withoutDefaultPort(origin) !== withoutDefaultPort(headers.host);
}

export function crossOriginError(): Error {
  const message =
    'This request comes from a page of another origin. Send it from this server’s own pages, without an Origin header, or with the header "graphql-preflight: 1". Behind a proxy, let it pass on the Host header.';
  return httpError(403, 'CROSS_ORIGIN_REQUEST', message);
}

/** A proxy may end TLS, so either default port may stand for none. */
function withoutDefaultPort(host: string | undefined): string | undefined {
  return host?.toLowerCase().replace(/:(80|443)?$/, '');
}
