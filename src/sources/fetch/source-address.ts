// What a source's address and headers may be, judged without the network.

import { isIP } from 'node:net';
import { LoadstoneError } from '../../errors.ts';
import { isPublicAddress } from './public-address.ts';
import { SourceError } from './source-error.ts';

const MAX_URL_LENGTH = 2048;
const MAX_HEADERS = 20;
const MAX_HEADER_VALUE_LENGTH = 8192;

/** Headers that the fetcher sets itself, or that say how a message is sent rather than what it is about. */
const OWN_HEADERS =
  /^(host|connection|keep-alive|upgrade|te|trailer|transfer-encoding|content-.*|expect|range|if-.*|accept-encoding|proxy-connection|http2-settings)$/i;

/**
 * @returns the address as it is kept: normalised, without a fragment
 * @throws LoadstoneError BAD_USER_INPUT, SOURCE_ADDRESS_REFUSED
 */
export function checkSourceUrl(text: string, allowPrivate: boolean): string {
  if (text.length > MAX_URL_LENGTH)
    throw refused('url', `The address of a source has at most ${MAX_URL_LENGTH} characters.`);
  if (!URL.canParse(text))
    throw refused(
      'url',
      'The address of a source must be a whole URL, as in https://shop.example/export/products.csv.',
    );
  const url = new URL(text);
  if (!isHttp(url)) throw refused('url', 'The address of a source must begin with http:// or https://.');
  if (url.username || url.password)
    throw refused(
      'url',
      'The address of a source must have no user and password in it, as it is shown to everyone. Send them in a header instead: Authorization, with "Basic " and both in Base64.',
    );
  // The URL parser has turned octal, hexadecimal and short forms into plain ones. What a name stands for is judged at
  // each connection.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!allowPrivate && isIP(host) && !isPublicAddress(host)) throw addressRefused(url.hostname);
  url.hash = '';
  return url.href;
}

/** @throws LoadstoneError BAD_USER_INPUT that names the header, and never its value */
export function checkSourceHeaders(headers: readonly { name: string; value: string }[]): void {
  if (headers.length > MAX_HEADERS) throw refused('headers', `A source has at most ${MAX_HEADERS} headers.`);
  const names = headers.map(({ name }) => name.toLowerCase());
  for (const [index, { name, value }] of headers.entries()) {
    if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name))
      throw refused('headers', `${JSON.stringify(name.slice(0, 100))} is no name of a header.`);
    if (OWN_HEADERS.test(name))
      throw refused(
        'headers',
        `The header ${name} cannot be set: Loadstone sets it itself where it is needed.`,
      );
    if (names.indexOf(name.toLowerCase()) !== index)
      throw refused('headers', `The header ${name} is given twice.`);
    if (value.length > MAX_HEADER_VALUE_LENGTH)
      throw refused('headers', `The header ${name} has more than ${MAX_HEADER_VALUE_LENGTH} characters.`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw refused(
        'headers',
        `The header ${name} has a line break or another character that no header may have.`,
      );
  }
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

export function addressRefused(host: string): SourceError {
  return new SourceError(
    'SOURCE_ADDRESS_REFUSED',
    `${host} is not on the public internet: it is an address of this machine, of a private network, or of a cloud's own services. To allow that for all sources, start the server with ALLOW_PRIVATE_SOURCES=true.`,
    { details: { field: 'url' } },
  );
}

function refused(field: 'url' | 'headers', message: string): LoadstoneError {
  return new LoadstoneError('BAD_USER_INPUT', message, { details: { field } });
}
