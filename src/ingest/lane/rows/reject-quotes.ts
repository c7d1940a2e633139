// What is wrong with the quotes of a record, and what would help.

import type { ByteDialect } from '../../read/dialect.ts';
import { fieldCountRange, isValidFieldCount } from '../../read/records/field-count.ts';
import { isInitialSpace, scanLine } from '../../read/records/scan-line.ts';
import { afterLineEnding, endOfLine } from '../../read/text/line-endings.ts';
import type { Rejection, RowLayout } from './row.ts';
import { createRejection } from './validate-row.ts';

const TAB = 0x09;

const BEHIND_CLOSING =
  'A quoted field goes on after its closing quote. Double the quotes that belong to the text ("").';
const INSIDE_PLAIN =
  'A quote stands inside a field that does not start with one. Put the whole field in quotes and double the quote ("").';
const NEVER_CLOSED = 'A quoted field is never closed. Close or double the quote.';
const IN_DOUBT =
  'A quote on these lines is missing or too many, and which of them are rows cannot be told. Correct the quote.';
const SPACES_HELP =
  'Or, as a space stands before the opening quote, read the file with the option `skipInitialSpace`.';
const BACKSLASH_HELP =
  'A backslash before a quote is text, and escapes nothing: write the file with doubled quotes in place of \\".';
const FORMULA_HELP =
  'Or write the value alone, without the formula (="…") that some programs put round it for spreadsheets.';
const NO_QUOTES_HELP =
  'Or, if the file is written without quoting, read it with the option `quoting: NONE`: each quote is then part of the text.';

/** @param record one or more lines whose quotes do not match, or of which it cannot be told whether they do */
export function rejectQuotes(line: number, record: Uint8Array, layout: RowLayout): Rejection {
  const { message, space } = faultOf(record, layout);
  const advice = [message];
  if (space && isSound(record, { ...layout, skipInitialSpace: true })) advice.push(SPACES_HELP);
  else if (indexOf(record, '\\"') >= 0) advice.push(BACKSLASH_HELP);
  else if (hasFormula(record, layout)) advice.push(FORMULA_HELP);
  else if (layout.delimiter === TAB && areRowsWithoutQuotes(record, layout)) advice.push(NO_QUOTES_HELP);
  return createRejection(line, 'UNBALANCED_QUOTE', advice.join(' '), record);
}

function hasFormula(record: Uint8Array, { delimiter }: ByteDialect): boolean {
  const at = indexOf(record, '="');
  return at === 0 || (at > 0 && record[at - 1] === delimiter);
}

function indexOf(record: Uint8Array, text: string): number {
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength).indexOf(text);
}

/** `space`: whether only spaces stand before the quote at fault in its field. */
function faultOf(record: Uint8Array, dialect: ByteDialect): { message: string; space: boolean } {
  let inside = false;
  for (let from = 0; from < record.length; ) {
    const to = endOfLine(record, from);
    const { end, fault, endsQuoted } = scanLine(record, from, to, dialect, inside);
    if (end === 'fault' && endsQuoted) return { message: BEHIND_CLOSING, space: false };
    if (end === 'fault') return { message: INSIDE_PLAIN, space: isBehindSpace(record, fault, from, dialect) };
    inside = end === 'inside';
    from = afterLineEnding(record, to);
  }
  return { message: inside ? NEVER_CLOSED : IN_DOUBT, space: false };
}

function isBehindSpace(record: Uint8Array, quote: number, from: number, { delimiter }: ByteDialect): boolean {
  let at = quote;
  while (at > from && isInitialSpace(record[at - 1] as number, delimiter)) at--;
  return at < quote && (at === from || record[at - 1] === delimiter);
}

/** Whether the quotes match by another dialect, to the end. */
function isSound(record: Uint8Array, dialect: ByteDialect): boolean {
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

function areRowsWithoutQuotes(record: Uint8Array, layout: RowLayout): boolean {
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
