// A line during recovery, and what suggests how to read it.

import type { ByteDialect } from '../../dialect.ts';
import { type FieldCountRange, isValidFieldCount } from '../field-count.ts';
import type { Position } from '../record-scanner.ts';
import { type LineScan, scanLine } from '../scan-line.ts';

const QUOTE = 0x22;
const SPACE = 0x20;
/** How a line without quotes reads if it starts inside quotes. */
const WITHOUT_QUOTES: LineScan = {
  end: 'inside',
  delimiters: 0,
  lastQuotedColumn: -1,
  endsEmpty: false,
  fault: -1,
  endsQuoted: true,
};
/** Rows lost when the first line of a multi-line row is read as part of another record. */
const MULTILINE_ROW = 2;

export interface CandidateLine {
  from: Position;
  /** How the line reads if it starts outside quotes. */
  unquoted: LineScan;
  /** How the line reads if it starts inside quotes. */
  quoted: LineScan;
  isBlank: boolean;
  /** Whether the line alone is a valid row. */
  isRow: boolean;
  /** How many rows are lost if the line is read as part of another record. */
  rows: number;
  /** Whether it has enough delimiters for a row if its quotes are ignored. */
  couldBeRow: boolean;
  endsWithQuote: boolean;
}

/** @param multilineColumns for each column: 1 if the file has multi-line fields there */
export function candidateLine(
  bytes: Uint8Array,
  from: Position,
  end: number,
  dialect: ByteDialect,
  fieldCounts: FieldCountRange,
  multilineColumns: Uint8Array,
): CandidateLine {
  const unquoted = scanLine(bytes, from.at, end, dialect, false);
  const { delimiters, lastQuotedColumn, endsEmpty } = unquoted;
  const hasQuotes = unquoted.end !== 'outside' || lastQuotedColumn >= 0;
  const quoted = hasQuotes ? scanLine(bytes, from.at, end, dialect, true) : WITHOUT_QUOTES;
  const allDelimiters = hasQuotes ? countDelimiters(bytes, from.at, end, dialect.delimiter) : delimiters;
  const isBlank = isBlankLine(bytes, from.at, end, dialect.delimiter);
  const isRow =
    unquoted.end === 'outside' && !isBlank && isValidFieldCount(fieldCounts, delimiters, endsEmpty);
  const startsRow =
    unquoted.end === 'inside' && lastQuotedColumn === delimiters && multilineColumns[lastQuotedColumn] === 1;
  return {
    from,
    unquoted,
    quoted,
    isBlank,
    isRow,
    rows: isRow ? 1 : startsRow ? MULTILINE_ROW : 0,
    couldBeRow: allDelimiters >= fieldCounts.min - 1,
    endsWithQuote: bytes[end - 1] === QUOTE,
  };
}

function countDelimiters(bytes: Uint8Array, from: number, to: number, delimiter: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (bytes[at] === delimiter) count++;
  return count;
}

/** Whether the line is empty, or has only invisible characters and delimiters. */
function isBlankLine(bytes: Uint8Array, from: number, to: number, delimiter: number): boolean {
  for (let at = from; at < to; at++)
    if ((bytes[at] as number) > SPACE && bytes[at] !== delimiter) return false;
  return true;
}
