// How the quotes of one physical line read, by RFC 4180 alone: a quote opens a field as its first byte, and closes it
// before a delimiter or the line end; doubled inside of quotes it is a character; any other is a fault.

import type { ByteDialect } from '../dialect.ts';
import { skipBomsAndCtrlZ } from '../text/bom-and-ctrl-z.ts';

const QUOTE = 0x22;
const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

export interface LineScan {
  /** Where the line ends: outside of quotes or inside; or it has a quote that may not stand where it does. */
  end: 'outside' | 'inside' | 'fault';
  /** Whether there is a quote in it. */
  quotes: boolean;
  /** Delimiters outside of quotes; up to the fault, where there is one. */
  delimiters: number;
  /** Those before the last field that was in quotes; -1 without such a field. */
  lastQuotedColumn: number;
  /** Whether nothing stands behind the last delimiter. */
  endsEmpty: boolean;
  /** Where the fault is; -1 without one. */
  fault: number;
  /** Whether the end, or the fault, is inside of quotes. */
  endsQuoted: boolean;
}

/**
 * Reads bytes[from, to), a line without its line end.
 *
 * @param inside whether the line begins inside of quotes
 */
export function scanLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  dialect: ByteDialect,
  inside: boolean,
): LineScan {
  const { delimiter } = dialect;
  const reads = dialect.quoting !== 'NONE';
  let quoted = inside;
  let quotes = false;
  let delimiters = 0;
  let lastQuotedColumn = -1;
  let fieldStart = from;
  const result = (end: LineScan['end'], fault: number): LineScan => ({
    end,
    quotes,
    delimiters,
    lastQuotedColumn,
    endsEmpty: delimiters > 0 && fieldStart === to,
    fault,
    endsQuoted: quoted,
  });
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE && reads) {
      quotes = true;
      if (!quoted) {
        if (!opensField(bytes, at, fieldStart, from, dialect)) return result('fault', at);
        quoted = true;
        lastQuotedColumn = delimiters;
      } else if (at + 1 === to) quoted = false;
      else if (bytes[at + 1] === QUOTE) at++;
      else if (bytes[at + 1] === delimiter) quoted = false;
      else return result('fault', at);
    } else if (byte === delimiter && !quoted) {
      delimiters++;
      fieldStart = at + 1;
    }
  }
  return result(quoted ? 'inside' : 'outside', -1);
}

/**
 * Whether a quote outside of quotes opens a field: nothing stands before it in its field but what is passed over.
 *
 * @param fieldStart where its field starts, or anything before that, up to `recordStart`
 */
export function opensField(
  bytes: Uint8Array,
  at: number,
  fieldStart: number,
  recordStart: number,
  { delimiter, skipInitialSpace }: ByteDialect,
): boolean {
  let start = at;
  if (skipInitialSpace)
    while (start > fieldStart && isInitialSpace(bytes[start - 1] as number, delimiter)) start--;
  if (start === recordStart || bytes[start - 1] === delimiter) return true;
  return start === skipBomsAndCtrlZ(bytes, recordStart);
}

/**
 * The bytes from a record's start on without the spaces at the start of fields, for csv-parse: its `ltrim` takes other
 * characters too, and in latin1 even brackets.
 */
export function stripInitialSpaces(
  bytes: Uint8Array,
  from: number,
  to: number,
  dialect: ByteDialect,
): Buffer {
  const { delimiter } = dialect;
  const reads = dialect.quoting !== 'NONE';
  const kept = Buffer.allocUnsafe(to - from);
  let length = 0;
  let quoted = false;
  let begins = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (begins && isInitialSpace(byte, delimiter)) continue;
    if (byte === QUOTE && reads) quoted = begins || !quoted;
    begins = !quoted && (byte === delimiter || byte === LF || byte === CR);
    kept[length++] = byte;
  }
  return kept.subarray(0, length);
}

/** Whether the byte is passed over at the start of a field, where a dialect has spaces there. */
export function isInitialSpace(byte: number, delimiter: number): boolean {
  return (byte === SPACE || byte === TAB) && byte !== delimiter;
}
