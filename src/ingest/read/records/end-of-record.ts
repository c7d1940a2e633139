// The end of a single record.

import type { ByteDialect } from '../dialect.ts';
import { opensField } from './scan-line.ts';

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;

/** @returns the offset of the line ending of the record that starts at `start`, or of the end of the bytes */
export function endOfRecord(bytes: Uint8Array, start: number, dialect: ByteDialect): number {
  const hasQuoting = dialect.quoting !== 'NONE';
  let quoted = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE && hasQuoting) {
      if (!quoted) quoted = opensField(bytes, at, start, start, dialect);
      else if (bytes[at + 1] === QUOTE) at++;
      else quoted = !closesField(bytes[at + 1], dialect.delimiter);
    } else if (!quoted && (byte === LF || byte === CR)) return at;
  }
  return bytes.length;
}

/** @param next the byte after a quote inside quotes, which is not a quote; undefined at the end of the file */
function closesField(next: number | undefined, delimiter: number): boolean {
  return next === delimiter || next === LF || next === CR || next === NUL || next === undefined;
}
