// Redirects: which responses are some, and where they lead.

import { displayUrl, SourceError } from '../source-error.ts';
import { escapedAddress } from './header-text.ts';
import type { HttpResponse } from './http-response.ts';
import { isHttp } from './source-address.ts';

export const MAX_REDIRECTS = 5;
const STATUSES = [301, 302, 303, 307, 308];

export function isRedirect({ status }: HttpResponse): boolean {
  return STATUSES.includes(status);
}

/** @throws SourceError SOURCE_REDIRECTS if it leads nowhere, or away from HTTP */
export function redirectTarget(response: HttpResponse): URL {
  const header = response.header('location');
  const location = header === undefined ? undefined : escapedAddress(header);
  const from = displayUrl(response.url);
  if (location === undefined || !URL.canParse(location, response.url))
    throw new SourceError(
      'SOURCE_REDIRECTS',
      `${from} redirects without a valid Location header (status ${response.status}). Correct that server, or give the address where the file is.`,
    );
  const target = new URL(location, response.url);
  if (!isHttp(target))
    throw new SourceError(
      'SOURCE_REDIRECTS',
      `${from} redirects to an address that is neither http nor https. Give the address where the file is.`,
    );
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}

export function redirectsInALoop(url: URL): SourceError {
  return unusable(url, 'in a loop');
}

export function redirectsTooOften(url: URL): SourceError {
  return unusable(url, `more than ${MAX_REDIRECTS} times`);
}

function unusable(url: URL, how: string): SourceError {
  return new SourceError(
    'SOURCE_REDIRECTS',
    `${displayUrl(url)} redirects ${how}. Correct that server, or give the address where the file is.`,
  );
}
