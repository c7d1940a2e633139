// Tells requests that another site's page makes its visitor's browser send (cross-site request forgery).

import type { IncomingHttpHeaders } from 'node:http';

/** A page can add one of these only after a CORS preflight, which this server never grants to another site. */
const PREFLIGHT_HEADERS = ['graphql-preflight', 'x-graphql-yoga-csrf', 'apollo-require-preflight'];

/** Browsers name the page's origin in every cross-site POST and WebSocket handshake; other clients send none. */
export function isFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  if (headers.origin === undefined) return false;
  if (PREFLIGHT_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return URL.parse(headers.origin)?.host !== headers.host?.toLowerCase();
}
