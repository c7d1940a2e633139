// Cross-origin resource sharing (CORS): which pages of other origins may use the API.

import type { IncomingMessage } from 'node:http';

/** What pages of other origins may use: the API and its downloads, neither the console nor signing in. */
const SHARED_PATH = /^\/graphql\/?$|\.csv(\.gz)?$/;

/** Besides those that any page may read. */
const EXPOSED_HEADERS = ['Content-Disposition', 'Retry-After', 'WWW-Authenticate'];
const PREFLIGHT_SECONDS = 7200;
const HEADER_NAMES = /^[\w-]+(\s*,\s*[\w-]+)*$/;

export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>;

  /** @param origins such as https://shop.example */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /**
   * A request of an allowed page becomes like one of a program: without Origin, and without cookies, as such a page acts
   * with a token of its own and never with the session of its visitor.
   *
   * @returns the headers of the response
   */
  admit({ headers }: IncomingMessage, path: string): Record<string, string> {
    const { origin } = headers;
    if (this.#origins.size === 0 || !SHARED_PATH.test(path)) return {};
    if (origin === undefined || !this.#origins.has(origin)) return { vary: 'Origin' };
    for (const name of ['origin', 'sec-fetch-site', 'cookie']) delete headers[name];
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
    };
  }
}

/**
 * @param methods that the address accepts
 * @returns the headers of the response to a preflight of an allowed page
 */
export function preflightHeaders(
  { headers }: IncomingMessage,
  methods: readonly string[],
): Record<string, string> {
  const asked = headers['access-control-request-headers'] ?? '';
  return {
    vary: 'Origin, Access-Control-Request-Headers',
    'access-control-allow-methods': methods.join(', '),
    ...(HEADER_NAMES.test(asked) && { 'access-control-allow-headers': asked }),
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  };
}
