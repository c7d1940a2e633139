// The address of the server, as people give it.

import { UsageError } from './run-command.ts';

export const DEFAULT_URL = 'http://127.0.0.1:4000/graphql';

/**
 * Accepts the URL of the start page, which people know, in place of the endpoint.
 *
 * @throws UsageError if it is no URL
 */
export function endpointOf(url: string): string {
  if (!URL.canParse(url)) throw new UsageError(`--url must be a URL, not "${url}".`);
  const { pathname, href } = new URL(url);
  return pathname === '/' ? new URL('/graphql', url).href : href;
}
