// What stands in a header as bytes, which HTTP gives as one character for each.

import { isUtf8 } from 'node:buffer';

/** What browsers take other bytes for. */
const LATIN = new TextDecoder('windows-1252');

/** @param value of a header, each character a byte: in UTF-8, as nearly every server writes by now, or as of old */
export function textOf(value: string): string {
  return decoded(Buffer.from(value, 'latin1'));
}

/**
 * The text with its percent-encoded bytes decoded.
 *
 * @returns undefined where there are none, or where they are no UTF-8
 */
export function percentDecoded(text: string): string | undefined {
  if (!/%[\da-f]{2}/i.test(text)) return undefined;
  const bytes = bytesOfPercent(Buffer.from(text).toString('latin1'));
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** @param text percent-encoded; what is no escape stands for itself */
export function bytesOfPercent(text: string): Buffer {
  const bytes = text.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

/** An address in a header, its bytes escaped as browsers do: not the characters that they were taken for. */
export function escapedAddress(value: string): string {
  return value.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : LATIN.decode(bytes);
}
