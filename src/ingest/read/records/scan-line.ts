// Scans one physical line by strict RFC 4180 rules: a quote opens a field as its first byte and closes it before a delimiter
// or the line ending, a doubled quote inside quotes is a character, and any other quote is a fault.

import type { ByteDialect } from '../dialect.ts';
import { skipBomsAndCtrlZ } from '../text/bom-and-ctrl-z.ts';

const QUOTE = 0x22;
const SPACE = 0x20;
const TAB = 0x09;

export interface LineScan {
  /** Whether the line ends outside or inside quotes, or has a misplaced quote. */
  end: 'outside' | 'inside' | 'fault';
  /** Number of delimiters outside quotes, up to the fault if there is one. */
  delimiters: number;
  /** Column of the last quoted field; -1 if there is none. */
  lastQuotedColumn: number;
  /** Whether the line ends with a delimiter. */
  endsEmpty: boolean;
  /** Offset of the fault, or -1. */
  fault: number;
  /** Whether the end, or the fault, is inside quotes. */
  endsQuoted: boolean;
}

/**
 * Scans bytes[from, to), a line without its line ending.
 *
 * @param inside whether the line starts inside quotes
 */
export function scanLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  dialect: ByteDialect,
  inside: boolean,
): LineScan {
  const { delimiter } = dialect;
  const hasQuoting = dialect.quoting !== 'NONE';
  let quoted = inside;
  let delimiters = 0;
  let lastQuotedColumn = -1;
  let fieldStart = from;
  let fault = -1;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE && hasQuoting) {
      if (!quoted) {
        if (!opensField(bytes, at, fieldStart, from, dialect)) {
          fault = at;
          break;
        }
        quoted = true;
        lastQuotedColumn = delimiters;
      } else if (at + 1 === to) quoted = false;
      else if (bytes[at + 1] === QUOTE) at++;
      else if (bytes[at + 1] === delimiter) quoted = false;
      else {
        fault = at;
        break;
      }
    } else if (byte === delimiter && !quoted) {
      delimiters++;
      fieldStart = at + 1;
    }
  }
  return {
    end: fault >= 0 ? 'fault' : quoted ? 'inside' : 'outside',
    delimiters,
    lastQuotedColumn,
    endsEmpty: delimiters > 0 && fieldStart === to,
    fault,
    endsQuoted: quoted,
  };
}

/**
 * Whether a quote outside quotes opens a field: only skipped bytes are before it in its field.
 *
 * @param fieldStart the start of its field, or any position between `recordStart` and that
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

/** Whether the byte is skipped at the start of a field with `skipInitialSpace`. */
export function isInitialSpace(byte: number, delimiter: number): boolean {
  return (byte === SPACE || byte === TAB) && byte !== delimiter;
}
