// Text in headers, whose bytes the HTTP client returns as one character each.

import { isUtf8 } from 'node:buffer';

/** How browsers read bytes that are not UTF-8. */
const LATIN = new TextDecoder('windows-1252');

/** @param value of a header, each character a byte: UTF-8, or else windows-1252 */
export function textOf(value: string): string {
  return decoded(Buffer.from(value, 'latin1'));
}

/**
 * The text with its percent-encoded bytes decoded.
 *
 * @returns undefined if there are none, or if they are not UTF-8
 */
export function percentDecoded(text: string): string | undefined {
  if (!/%[\da-f]{2}/i.test(text)) return undefined;
  const bytes = bytesOfPercent(Buffer.from(text).toString('latin1'));
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** @param text percent-encoded; other characters stand for themselves */
export function bytesOfPercent(text: string): Buffer {
  const bytes = text.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

/** The address in a header, with its bytes percent-encoded as browsers do. */
export function escapedAddress(value: string): string {
  return value.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : LATIN.decode(bytes);
}
