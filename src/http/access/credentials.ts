// The token of a request: in the header Authorization, or in the cookie that the console's sign-in sets.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { headerValues } from '../header-values.ts';
import { isFromAnotherPage } from '../origins/cross-origin.ts';
import { badTokenError } from './bearer-error.ts';

const COOKIE = 'loadstone_token';

const SCHEME = /^bearer +/i;

export interface Credentials {
  token: string;
  isCookie: boolean;
}

/**
 * A cookie counts only from pages of this server: browsers send it by themselves.
 *
 * @returns undefined if there are none
 * @throws an HTTP error 401 if the header is not of the scheme Bearer
 */
export function credentialsOf(request: IncomingMessage): Credentials | undefined {
  const [header, ...others] = headerValues(request, 'authorization');
  if (others.length > 0) throw badTokenError('The request has several Authorization headers. Send one.');
  if (header !== undefined) return { token: bearerToken(header), isCookie: false };
  const { headers } = request;
  const token = isFromAnotherPage(headers) ? undefined : cookieIn(headers);
  return token === undefined ? undefined : { token, isCookie: true };
}

/** @throws an HTTP error 401 if the value is not of the scheme Bearer */
export function bearerToken(header: string): string {
  if (SCHEME.test(header)) return header.replace(SCHEME, '').trim();
  throw badTokenError('The value of Authorization must be "Bearer TOKEN".');
}

/** @param maxAgeSeconds 0 removes it */
export function cookieOf(
  token: string,
  { maxAgeSeconds, isSecure }: { maxAgeSeconds: number; isSecure: boolean },
): string {
  const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', 'SameSite=Strict'];
  return [`${COOKIE}=${token}`, ...attributes, ...(isSecure ? ['Secure'] : [])].join('; ');
}

function cookieIn({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    if (name === COOKIE && value !== '') return value;
  }
  return undefined;
}
