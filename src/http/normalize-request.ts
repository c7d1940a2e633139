// Normalizes the path, host, media type and `X-Forwarded-*` headers of a request, so that later code need handle one spelling only.

import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from './clients/client-address.ts';
import { headerValues } from './header-values.ts';
import { httpError } from './http-error.ts';
import type { AllowedHosts } from './origins/allowed-hosts.ts';
import type { AllowedOrigins } from './origins/allowed-origins.ts';

/** Whom the server believes, and under which names and to which pages it answers. */
export interface TrustRules {
  proxies: TrustedProxies;
  hosts: AllowedHosts;
  origins: AllowedOrigins;
}

/** The parsed request target. */
export interface Target {
  /** Begins with a slash, or is `*` (with OPTIONS). Unreserved characters are percent-decoded. */
  path: string;
  parameters: URLSearchParams;
  /** Of the response, for pages of other origins. */
  corsHeaders: Record<string, string>;
}

const MAX_HEADERS = 200;

/** Characters that no host contains, but that a URL parser would take for the start of another part. */
const NO_HOST = /[\s,/\\?#@]/;

/**
 * Changes the request: `url` becomes a path with its query, the `host` header the effective host, the media type lower
 * case, and `x-forwarded-for` the address of the client. `x-forwarded-proto` remains if a trusted proxy sent it.
 *
 * @throws an HTTP error 400 if host or target are missing, malformed or ambiguous; 431 if there are too
 *   many headers; 421 if the host is not allowed
 */
export function normalizeRequest(request: IncomingMessage, rules: TrustRules): Target {
  const { headers } = request;
  // The server drops those beyond its own limit, 2,000, without a word. Names and values alternate.
  if (request.rawHeaders.length > 2 * MAX_HEADERS)
    throw httpError(431, 'BAD_REQUEST', `The request has more than ${MAX_HEADERS} headers. Send fewer.`);
  rules.proxies.normalize(request);
  const host = hostOf(request);
  const target = targetOf(request);
  const path = decodeUnreserved(target.path);
  const hosts = [host, target.host, forwardedHost(request)].filter((each) => each !== undefined);
  // All of them: a page may send X-Forwarded-Host, which a proxy may pass on.
  for (const each of hosts) rules.hosts.check(each, request, path);
  const effective = hosts.at(-1);
  if (effective !== undefined) headers.host = effective;
  request.url = path + target.search;
  const type = headers['content-type'];
  if (type) headers['content-type'] = type.replace(/^[^;,]*/, (name) => name.trim().toLowerCase());
  const corsHeaders = rules.origins.admit(request, path);
  return { path, parameters: new URLSearchParams(target.search), corsHeaders };
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

function hostOf(request: IncomingMessage): string | undefined {
  const [host, ...others] = headerValues(request, 'host');
  if (others.length > 0) throw badRequest('The request has several Host headers. Send one.');
  if (host === undefined && request.httpVersion === '1.0') return undefined;
  if (host === undefined)
    throw badRequest('The request has no Host header. Send one with the name of this server.');
  return checkHost('Host', host);
}

function checkHost(header: string, host: string): string {
  if (NO_HOST.test(host) || !URL.canParse(`http://${host}`))
    throw badRequest(`The ${header} header ${JSON.stringify(host)} is not valid. Send HOST or HOST:PORT.`);
  return host;
}

interface ParsedTarget {
  path: string;
  /** With its question mark; or empty. */
  search: string;
  host?: string;
}

/** Parses the target: a path; or an absolute URL, as proxies send it; or `*`, the server as a whole. */
function targetOf({ method, url: target = '' }: IncomingMessage): ParsedTarget {
  if (method === 'OPTIONS' && target === '*') return { path: '*', search: '' };
  const rest = target.split('?', 1)[0] ?? '';
  if (/[\\#]|%(?![\da-f]{2})/i.test(rest))
    throw badRequest('The path contains a character that is not allowed. Percent-encode it.');
  if (target.startsWith('/')) {
    const url = URL.parse(`http://localhost${target}`);
    if (url) return { path: url.pathname, search: url.search };
  }
  const url = /^https?:\/\/[^/]/i.test(target) ? URL.parse(target) : null;
  if (url && !NO_HOST.test(rest.split('/')[2] ?? ''))
    return { path: url.pathname, search: url.search, host: url.host };
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
