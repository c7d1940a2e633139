// The token of a request: in the header Authorization, or in the cookie that the console's sign-in sets.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isFromAnotherPage } from '../cross-origin.ts';
import { bearerError } from './bearer-error.ts';

const COOKIE = 'loadstone_token';

const SCHEME = /^bearer +/i;

/**
 * A cookie counts only from pages of this server: browsers send it by themselves.
 *
 * @returns undefined if there is none
 * @throws an HTTP error 401 if the header is not of the scheme Bearer
 */
export function tokenOf({ headers, headersDistinct }: IncomingMessage): string | undefined {
  const [header, ...others] = headersDistinct['authorization'] ?? [];
  if (others.length > 0) throw bearerError('The request has several Authorization headers. Send one.');
  if (header !== undefined) return bearerToken(header);
  return isFromAnotherPage(headers) ? undefined : cookieOf(headers);
}

/** @throws an HTTP error 401 if the value is not of the scheme Bearer */
export function bearerToken(header: string): string {
  if (SCHEME.test(header)) return header.replace(SCHEME, '').trim();
  throw bearerError('The value of Authorization must be "Bearer TOKEN".');
}

function cookieOf({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    if (name === COOKIE && value !== '') return value;
  }
  return undefined;
}
