// Where a single record ends, and what csv-parse is given of it. Both follow csv-parse after a misplaced quote.

import type { ByteDialect } from '../dialect.ts';
import { isInitialSpace, opensField } from './scan-line.ts';

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

/**
 * Removes the spaces at the start of fields for csv-parse, whose `ltrim` also removes other characters, in latin1 even
 * brackets.
 *
 * @param from the start of a record
 */
export function stripInitialSpaces(
  bytes: Uint8Array,
  from: number,
  to: number,
  { delimiter, quoting }: ByteDialect,
): Buffer {
  const hasQuoting = quoting !== 'NONE';
  const kept = Buffer.allocUnsafe(to - from);
  let length = 0;
  let quoted = false;
  let atFieldStart = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (atFieldStart && isInitialSpace(byte, delimiter)) continue;
    kept[length++] = byte;
    if (byte === QUOTE && hasQuoting) {
      const next = at + 1 < to ? bytes[at + 1] : undefined;
      if (!quoted) quoted = atFieldStart;
      else if (next === QUOTE) kept[length++] = bytes[++at] as number;
      else quoted = !closesField(next, delimiter);
    }
    atFieldStart = !quoted && (byte === delimiter || byte === LF || byte === CR);
  }
  return kept.subarray(0, length);
}

/** @param next the byte after a quote inside quotes, which is not a quote; undefined at the end of the file */
function closesField(next: number | undefined, delimiter: number): boolean {
  return next === delimiter || next === LF || next === CR || next === NUL || next === undefined;
}
