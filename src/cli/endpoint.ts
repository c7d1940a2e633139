// The address of the server, as people give it.

import { UsageError } from './run-command.ts';

const HTTP = new Set(['http:', 'https:']);

export const DEFAULT_URL = 'http://127.0.0.1:4000/graphql';

/**
 * Accepts the URL of the start page, which people know, in place of the endpoint.
 *
 * @throws UsageError if it is no URL of HTTP: `localhost:4000` is one whose scheme is `localhost`
 */
export function endpointOf(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || !HTTP.has(parsed.protocol))
    throw new UsageError(`--url must be a URL that begins with http:// or https://, not "${url}".`);
  const { pathname, href } = parsed;
  return pathname === '/' ? new URL('/graphql', url).href : href;
}
