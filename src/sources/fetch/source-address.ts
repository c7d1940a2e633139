// Validates a source's address and headers, without the network.

import { isIP } from 'node:net';
import { LoadstoneError } from '../../errors.ts';
import { isPublicAddress } from './public-address.ts';
import { SourceError } from './source-error.ts';

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
    throw refused('url', `The address of a source has at most ${MAX_URL_LENGTH} characters.`);
  if (!URL.canParse(text))
    throw refused(
      'url',
      'The address of a source must be a complete URL, such as https://shop.example/export/products.csv.',
    );
  const url = new URL(text);
  if (!isHttp(url)) throw refused('url', 'The address of a source must begin with http:// or https://.');
  if (url.username || url.password)
    throw refused(
      'url',
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
  if (headers.length > MAX_HEADERS) throw refused('headers', `A source has at most ${MAX_HEADERS} headers.`);
  const names = headers.map(({ name }) => name.toLowerCase());
  for (const [index, { name, value }] of headers.entries()) {
    if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name))
      throw refused('headers', `${JSON.stringify(name.slice(0, 100))} is not a valid header name.`);
    if (OWN_HEADERS.test(name))
      throw refused('headers', `The header ${name} cannot be set: Loadstone sets it where it is needed.`);
    if (names.indexOf(name.toLowerCase()) !== index)
      throw refused('headers', `The header ${name} is given twice.`);
    if (value.length > MAX_HEADER_VALUE_LENGTH)
      throw refused('headers', `The header ${name} has more than ${MAX_HEADER_VALUE_LENGTH} characters.`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw refused(
        'headers',
        `The header ${name} contains a line break or another character that is not allowed in headers.`,
      );
  }
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

export function addressRefused(host: string): SourceError {
  return new SourceError(
    'SOURCE_ADDRESS_REFUSED',
    `${host} is not on the public internet: it is an address of this machine, of a private network, or of a cloud metadata service. To allow such addresses for all sources, start the server with ALLOW_PRIVATE_SOURCES=true.`,
    { details: { field: 'url' } },
  );
}

function refused(field: 'url' | 'headers', message: string): LoadstoneError {
  return new LoadstoneError('BAD_USER_INPUT', message, { details: { field } });
}
