// Rejects a record with invalid quotes, and gives advice.

import type { ByteDialect } from '../../read/dialect.ts';
import { fieldCountRange, isValidFieldCount } from '../../read/records/field-count.ts';
import { isInitialSpace, scanLine } from '../../read/records/scan-line.ts';
import { afterLineEnding, endOfLine } from '../../read/text/line-endings.ts';
import { createRejection } from './rejection.ts';
import type { Rejection, RowLayout } from './row.ts';

const TAB = 0x09;

const AFTER_CLOSING =
  'There is text after the closing quote of a field. Double the quotes that belong to the text ("").';
const INSIDE_UNQUOTED =
  'There is a quote inside an unquoted field. Put the whole field in quotes and double the quote ("").';
const NEVER_CLOSED = 'A quote is never closed. Close it, or double it if it belongs to the text ("").';
const AMBIGUOUS =
  'There is a missing or surplus quote, so it is unclear which of these lines are rows. Correct the quote.';
const SPACES_ADVICE =
  'Or, as there is a space before the opening quote, set the option `skipInitialSpace` to true.';
const BACKSLASH_ADVICE =
  'A backslash does not escape a quote: write the file with doubled quotes instead of \\".';
const FORMULA_ADVICE =
  'Or write the value without the formula (="…") in which some programs wrap it for spreadsheets.';
const NO_QUOTING_ADVICE =
  'Or, if the file does not use quoting, set the option `quoting: NONE`, with which quotes are part of the text.';

/** @param record one or more lines whose quotes do not match, or may not match */
export function rejectQuotes(line: number, record: Uint8Array, layout: RowLayout): Rejection {
  const { message, isSpaced } = faultOf(record, layout);
  const advice = [message];
  if (isSpaced && isWellFormed(record, { ...layout, skipInitialSpace: true })) advice.push(SPACES_ADVICE);
  else if (indexOf(record, '\\"') >= 0) advice.push(BACKSLASH_ADVICE);
  else if (hasFormula(record, layout)) advice.push(FORMULA_ADVICE);
  else if (layout.delimiter === TAB && areRowsWithoutQuoting(record, layout)) advice.push(NO_QUOTING_ADVICE);
  return createRejection(line, 'UNBALANCED_QUOTE', advice.join(' '), record);
}

function hasFormula(record: Uint8Array, { delimiter }: ByteDialect): boolean {
  const at = indexOf(record, '="');
  return at === 0 || (at > 0 && record[at - 1] === delimiter);
}

function indexOf(record: Uint8Array, text: string): number {
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength).indexOf(text);
}

/** `isSpaced`: whether only spaces precede the misplaced quote in its field. */
function faultOf(record: Uint8Array, dialect: ByteDialect): { message: string; isSpaced: boolean } {
  let inside = false;
  for (let from = 0; from < record.length; ) {
    const to = endOfLine(record, from);
    const { end, fault, endsQuoted } = scanLine(record, from, to, dialect, inside);
    if (end === 'fault' && endsQuoted) return { message: AFTER_CLOSING, isSpaced: false };
    if (end === 'fault')
      return { message: INSIDE_UNQUOTED, isSpaced: isAfterSpaces(record, fault, from, dialect) };
    inside = end === 'inside';
    from = afterLineEnding(record, to);
  }
  return { message: inside ? NEVER_CLOSED : AMBIGUOUS, isSpaced: false };
}

function isAfterSpaces(record: Uint8Array, quote: number, from: number, { delimiter }: ByteDialect): boolean {
  let at = quote;
  while (at > from && isInitialSpace(record[at - 1] as number, delimiter)) at--;
  return at < quote && (at === from || record[at - 1] === delimiter);
}

/** Whether all quotes match in another dialect. */
function isWellFormed(record: Uint8Array, dialect: ByteDialect): boolean {
  let inside = false;
  for (let from = 0; from < record.length; ) {
    const to = endOfLine(record, from);
    const { end } = scanLine(record, from, to, dialect, inside);
    if (end === 'fault') return false;
    inside = end === 'inside';
    from = afterLineEnding(record, to);
  }
  return !inside;
}

function areRowsWithoutQuoting(record: Uint8Array, layout: RowLayout): boolean {
  const dialect = { ...layout, quoting: 'NONE' as const };
  const fieldCounts = fieldCountRange(layout.columns);
  for (let from = 0; from < record.length; ) {
    const to = endOfLine(record, from);
    const { delimiters, endsEmpty } = scanLine(record, from, to, dialect, false);
    if (!isValidFieldCount(fieldCounts, delimiters, endsEmpty)) return false;
    from = afterLineEnding(record, to);
  }
  return true;
}
