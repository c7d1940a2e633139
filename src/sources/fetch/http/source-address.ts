// Validates a source's address and headers, without the network.

import { isIP } from 'node:net';
import type { FieldErrorCode } from '../../../codes/field-error-codes.ts';
import { FieldChecks, fieldError, type LoadstoneError } from '../../../errors.ts';
import { SourceError } from '../source-error.ts';
import { isPublicAddress } from './public-address.ts';

const MAX_URL_LENGTH = 2048;
const MAX_HEADERS = 20;
const MAX_HEADER_VALUE_LENGTH = 8192;

/** Headers that the fetcher sets itself, and hop-by-hop headers. */
const OWN_HEADERS =
  /^(host|connection|keep-alive|upgrade|te|trailer|transfer-encoding|content-.*|expect|range|if-.*|accept-encoding|proxy-connection|http2-settings)$/i;

/**
 * @returns the normalised address, without a fragment
 * @throws LoadstoneError BAD_USER_INPUT, SOURCE_ADDRESS_REFUSED
 */
export function checkSourceUrl(text: string, allowPrivate: boolean): string {
  if (text.length > MAX_URL_LENGTH)
    throw refused('url', 'TOO_LONG', `The address of a source has at most ${MAX_URL_LENGTH} characters.`);
  if (!URL.canParse(text))
    throw refused(
      'url',
      'INVALID',
      'The address of a source must be a complete URL, such as https://shop.example/export/products.csv.',
    );
  const url = new URL(text);
  if (!isHttp(url))
    throw refused('url', 'INVALID', 'The address of a source must begin with http:// or https://.');
  if (url.username || url.password)
    throw refused(
      'url',
      'NOT_ALLOWED',
      'The address of a source must not contain a user and password, because everyone can see it. Send them in a header instead: Authorization, with "Basic " and both in Base64.',
    );
  // The URL parser has normalised octal, hexadecimal and short forms. Names are checked when they are connected to.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!allowPrivate && isIP(host) && !isPublicAddress(host)) throw addressRefused(url.hostname);
  url.hash = '';
  return url.href;
}

/** @throws LoadstoneError BAD_USER_INPUT, which names the header but never its value */
export function checkSourceHeaders(headers: readonly { name: string; value: string }[]): void {
  if (headers.length > MAX_HEADERS)
    throw refused('headers', 'TOO_MANY', `A source has at most ${MAX_HEADERS} headers.`);
  const names = headers.map(({ name }) => name.toLowerCase());
  const checks = new FieldChecks();
  for (const [index, header] of headers.entries()) {
    checks.run(() => checkHeader(header));
    if (names.indexOf(header.name.toLowerCase()) === index) continue;
    checks.run(() => {
      throw refused('headers', 'DUPLICATE', `The header ${header.name} is given twice.`);
    });
  }
  checks.finish();
}

function checkHeader({ name, value }: { name: string; value: string }): void {
  if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name))
    throw refused('headers', 'INVALID', `${JSON.stringify(name.slice(0, 100))} is not a valid header name.`);
  if (OWN_HEADERS.test(name))
    throw refused(
      'headers',
      'NOT_ALLOWED',
      `The header ${name} cannot be set: Loadstone sets it where it is needed.`,
    );
  if (value.length > MAX_HEADER_VALUE_LENGTH)
    throw refused(
      'headers',
      'TOO_LONG',
      `The header ${name} has more than ${MAX_HEADER_VALUE_LENGTH} characters.`,
    );
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throw refused(
      'headers',
      'INVALID',
      `The header ${name} contains a line break or another character that is not allowed in headers.`,
    );
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

export function addressRefused(host: string): SourceError {
  const message = `${host} is not on the public internet: it is an address of this machine, of a private network, or of a cloud metadata service. To allow such addresses for all sources, start the server with ALLOW_PRIVATE_SOURCES=true.`;
  return new SourceError('SOURCE_ADDRESS_REFUSED', message, {
    fields: [{ field: 'url', code: 'NOT_ALLOWED', message }],
  });
}

function refused(field: 'url' | 'headers', code: FieldErrorCode, message: string): LoadstoneError {
  return fieldError(field, code, message);
}
