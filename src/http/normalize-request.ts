// Normalizes the path, host, media type and `X-Forwarded-*` headers of a request, so that later code need handle one spelling only.

import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from './client-address.ts';
import { httpError } from './http-error.ts';

/** The parsed request target. */
export interface Target {
  /** Begins with a slash. Unreserved characters are percent-decoded. */
  path: string;
  parameters: URLSearchParams;
}

/** Characters that no host contains, but that a URL parser would take for the start of another part. */
const NO_HOST = /[\s,/\\?#@]/;

/**
 * Changes the request: `url` becomes a path with its query, the `host` header the effective host, the media type lower
 * case, and `x-forwarded-for` the address of the client. `x-forwarded-proto` remains if a trusted proxy sent it.
 *
 * @throws an HTTP error 400 if host or target are missing, malformed or ambiguous
 */
export function normalizeRequest(request: IncomingMessage, proxies: TrustedProxies): Target {
  const { headers } = request;
  proxies.normalize(request);
  const host = hostOf(request);
  const target = targetOf(request);
  const effective = forwardedHost(request) ?? target.host ?? host;
  if (effective !== undefined) headers.host = effective;
  const { pathname, search, searchParams } = target.url;
  const path = decodeUnreserved(pathname);
  request.url = path + search;
  const type = headers['content-type'];
  if (type) headers['content-type'] = type.replace(/^[^;,]*/, (name) => name.trim().toLowerCase());
  return { path, parameters: searchParams };
}

/** @throws an HTTP error 400 if a parameter is unknown or repeated */
export function checkParameters(parameters: URLSearchParams, known: readonly string[]): void {
  for (const name of parameters.keys()) {
    if (!known.includes(name)) {
      const advice =
        known.length === 0 ? 'This address accepts none.' : `This address accepts ${known.join(', ')}.`;
      throw httpError(400, 'BAD_REQUEST', `Unknown parameter ${JSON.stringify(name)}. ${advice}`);
    }
    if (parameters.getAll(name).length > 1)
      throw httpError(400, 'BAD_REQUEST', `The parameter "${name}" is repeated. Send it once.`);
  }
}

/** As a trusted proxy says. */
function forwardedHost({ headers }: IncomingMessage): string | undefined {
  const host = headers['x-forwarded-host'];
  return host === undefined ? undefined : checkHost('X-Forwarded-Host', String(host));
}

function hostOf({ headersDistinct, httpVersion }: IncomingMessage): string | undefined {
  const hosts = headersDistinct['host'] ?? [];
  const [host] = hosts;
  if (hosts.length > 1) throw badRequest('The request has several Host headers. Send one.');
  if (host === undefined && httpVersion === '1.0') return undefined;
  if (host === undefined)
    throw badRequest('The request has no Host header. Send one with the name of this server.');
  return checkHost('Host', host);
}

function checkHost(header: string, host: string): string {
  if (NO_HOST.test(host) || !URL.canParse(`http://${host}`))
    throw badRequest(`The ${header} header ${JSON.stringify(host)} is not valid. Send HOST or HOST:PORT.`);
  return host;
}

/** Parses the target: a path, or an absolute URL, as proxies send it. */
function targetOf({ url: target = '' }: IncomingMessage): { url: URL; host?: string } {
  const rest = target.split('?', 1)[0] ?? '';
  if (/[\\#]|%(?![\da-f]{2})/i.test(rest))
    throw badRequest('The path contains a character that is not allowed. Percent-encode it.');
  if (target.startsWith('/')) {
    const url = URL.parse(`http://localhost${target}`);
    if (url) return { url };
  }
  const url = /^https?:\/\/[^/]/i.test(target) ? URL.parse(target) : null;
  if (url && !NO_HOST.test(rest.split('/')[2] ?? '')) return { url, host: url.host };
  throw badRequest('The request target is not valid. Send a path, such as /graphql.');
}

/** Letters, digits and `-._~` are equivalent to their percent-encoded forms (RFC 3986). */
function decodeUnreserved(path: string): string {
  return path.replace(/%([\da-f]{2})/gi, (encoded, hex) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : encoded;
  });
}

function badRequest(message: string): Error {
  return httpError(400, 'BAD_REQUEST', message);
}
