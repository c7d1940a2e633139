// Brings what a request says of itself into the one spelling that everything behind it reads, or refuses it.

import type { IncomingMessage } from 'node:http';
import { httpError } from './http-error.ts';

/** Where a request goes. */
export interface Target {
  /** Begins with a slash; percent-encoded only where that means something. */
  path: string;
  parameters: URLSearchParams;
}

/** What the host of a URL cannot have, though a URL parser would take it for the beginning of something else. */
const NO_HOST = /[\s,/\\?#@]/;

/**
 * Afterwards `url` of the request begins with its path, `host` is the host that it is for, and the media type of its
 * body is in lower case.
 *
 * @throws a refusal with status 400 where this cannot be told without doubt
 */
export function normalizeRequest(request: IncomingMessage): Target {
  const { headers } = request;
  const host = hostOf(request);
  const target = targetOf(request);
  if (target.host !== undefined) headers.host = target.host;
  else if (host !== undefined) headers.host = host;
  const { pathname, search, searchParams } = target.url;
  const path = decodeUnreserved(pathname);
  request.url = path + search;
  const type = headers['content-type'];
  if (type) headers['content-type'] = type.replace(/^[^;,]*/, (name) => name.trim().toLowerCase());
  return { path, parameters: searchParams };
}

/** @throws a refusal where a parameter is not among these, or comes more than once */
export function checkParameters(parameters: URLSearchParams, known: readonly string[]): void {
  for (const name of parameters.keys()) {
    if (!known.includes(name)) {
      const advice =
        known.length === 0 ? 'This address takes none.' : `This address takes ${known.join(', ')}.`;
      throw httpError(400, 'BAD_REQUEST', `There is no parameter ${JSON.stringify(name)} here. ${advice}`);
    }
    if (parameters.getAll(name).length > 1)
      throw httpError(400, 'BAD_REQUEST', `Send the parameter "${name}" once.`);
  }
}

function hostOf({ headersDistinct, httpVersion }: IncomingMessage): string | undefined {
  const hosts = headersDistinct['host'] ?? [];
  const [host] = hosts;
  if (hosts.length > 1) throw badRequest('Send one Host header: this request has several.');
  if (host === undefined && httpVersion === '1.0') return undefined;
  if (host === undefined) throw badRequest('Send a Host header with the name of this server.');
  if (NO_HOST.test(host) || !URL.canParse(`http://${host}`))
    throw badRequest(`The Host header ${JSON.stringify(host)} names no host. Send HOST or HOST:PORT.`);
  return host;
}

/** The target as a path, or as a whole address, which proxies send. */
function targetOf({ url: target = '' }: IncomingMessage): { url: URL; host?: string } {
  const rest = target.split('?', 1)[0] ?? '';
  if (/[\\#]|%(?![\da-f]{2})/i.test(rest))
    throw badRequest('The address has a sign that no path can have. Percent-encode it.');
  if (target.startsWith('/')) {
    const url = URL.parse(`http://localhost${target}`);
    if (url) return { url };
  }
  const url = /^https?:\/\/[^/]/i.test(target) ? URL.parse(target) : null;
  if (url && !NO_HOST.test(rest.split('/')[2] ?? '')) return { url, host: url.host };
  throw badRequest('The request line names no address of this server. Send a path, such as /graphql.');
}

/** Letters, digits and `-._~` mean the same encoded or not. */
function decodeUnreserved(path: string): string {
  return path.replace(/%([\da-f]{2})/gi, (encoded, hex) => {
    const sign = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(sign) ? sign : encoded;
  });
}

function badRequest(message: string): Error {
  return httpError(400, 'BAD_REQUEST', message);
}
