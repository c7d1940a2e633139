// What is wrong with a header, and what would help.

import type { ErrorCode } from '../../../codes/error-codes.ts';
import type { ProductField } from '../../../db/tables.ts';
import { LoadstoneError } from '../../../errors.ts';
import { shorten } from '../../../shorten.ts';
import type { FileEncoding } from '../text/decode-text.ts';
import { guessColumn, normalizeColumnName, REQUIRED_COLUMNS } from './column-names.ts';
import { USUAL_DELIMITERS } from './delimiter.ts';
import type { Markup } from './markup.ts';
import { type ColumnOptions, isComplete, matchColumns } from './match-columns.ts';

/** Column names shown in a message, and characters of each. */
const MAX_SHOWN_COLUMNS = 10;
const MAX_SHOWN_CHARACTERS = 40;

/** Quotes of word processors and of some databases. */
const OTHER_QUOTES = /^\s*(['`´‘’‚“”„«»])(.*)(['`´‘’‚“”„«»])\s*$/s;

/** Why the header is read the way it is. */
export interface HeaderContext {
  encoding: FileEncoding;
  /** Whether the client chose the delimiter. */
  isDelimiterGiven: boolean;
  columnOptions: ColumnOptions;
}

export function emptyFile(): LoadstoneError {
  const message = `The file is empty. Send a CSV file whose first line names the columns ${list(REQUIRED_COLUMNS)}.`;
  return new LoadstoneError('EMPTY_FILE', message);
}

export function notText(sample: Buffer): LoadstoneError {
  const encoding = guessWideEncoding(sample);
  const message = encoding
    ? `The file looks like ${encoding.slice(0, 6).toUpperCase()} without a byte order mark. Set the option encoding to ${encoding}, or save the file as UTF-8.`
    : 'The file is binary, not CSV. Export the table as CSV and upload that.';
  return new LoadstoneError('NOT_A_CSV', message);
}

export function notTable(markup: Markup): LoadstoneError {
  const message = `The file is ${markup}, not a CSV file. Export the table as CSV, or open it in a spreadsheet and save it as CSV.`;
  return new LoadstoneError('NOT_A_CSV', message);
}

/** @param lines how many lines below the first one the header is */
export function headerFurtherDown(lines: number, code: ErrorCode): LoadstoneError {
  const where = lines === 1 ? 'on the next line' : `${lines} lines further down`;
  const message = `The first non-blank line must be the header, but the column names are ${where}. Remove everything before them from the file.`;
  return new LoadstoneError(code, message);
}

export function undecodable({ name, isMarked }: FileEncoding): LoadstoneError {
  const label = name === 'utf-8' ? 'UTF-8' : name;
  const message = isMarked
    ? `The header is not valid ${label}, although the file has its byte order mark. Save the file again as UTF-8.`
    : name === 'utf-8'
      ? 'The header is not valid UTF-8. Set the option encoding to the encoding of the file, such as windows-1252, or save the file as UTF-8.'
      : `The header is not valid ${label}. Remove the option encoding if the file is UTF-8, or set it to the right encoding.`;
  return new LoadstoneError('INVALID_ENCODING', message);
}

export function tooLarge(maxBytes: number): LoadstoneError {
  const message = `The header is longer than ${maxBytes} bytes. The first line must contain the column names and nothing else.`;
  return new LoadstoneError('HEADER_TOO_LARGE', message);
}

/** @param isSpaced whether spaces before quotes are all that is wrong */
export function unbalancedQuote(isUnclosed: boolean, isSpaced: boolean, cause: Error): LoadstoneError {
  const fault = isUnclosed ? 'a quote is never closed' : 'there is a quote inside a column name';
  const message = isSpaced
    ? 'The quotes in the header do not match: there is a space before a quote. Set the option `skipInitialSpace` to true.'
    : `The quotes in the header do not match: ${fault}. Enclose a name that contains quotes in quotes, and double the quotes inside it ("").`;
  return new LoadstoneError('UNBALANCED_QUOTE', message, { cause });
}

export function duplicateColumns(columns: readonly string[]): LoadstoneError {
  const message = `The header has the column ${list(columns.map(shown))} more than once. Keep one, and remove or rename the others.`;
  return new LoadstoneError('DUPLICATE_COLUMN', message);
}

/** @param columns that cannot all be kept */
export function duplicateAttributes(columns: readonly string[]): LoadstoneError {
  const message = `The header has the column ${list(columns.map(shown))} more than once, so that they cannot all be kept. Rename or remove the others, or leave out the option \`keepColumns\`.`;
  return new LoadstoneError('DUPLICATE_COLUMN', message);
}

/** @param columns of the header, any of which may be meant */
export function ambiguousColumns(field: ProductField, columns: readonly string[]): LoadstoneError {
  const [first = ''] = columns;
  const either = columns.map((column) => `"${shown(column)}"`).join(' and ');
  const message = `The header has no column "${field}", and ${either} may each be meant. Set the option \`mapping\`, such as ${mappingExample(first, field)}, or rename one of them to "${field}".`;
  return new LoadstoneError('AMBIGUOUS_COLUMN', message);
}

/** @param unknown columns that the client names */
export function unknownColumns(
  unknown: readonly string[],
  fields: readonly string[],
  delimiter: number,
  context: HeaderContext,
): LoadstoneError {
  const fault = `The header lacks ${list(unknown.map(shown))} of the option \`mapping\`; it has ${shownColumns(fields)}.`;
  const advice =
    delimiterAdvice(fields, delimiter, context) ?? 'Correct the name in the mapping, or leave it out.';
  return new LoadstoneError(
    'MISSING_COLUMN',
    [fault, advice, encodingAdvice(fields, context)].filter(Boolean).join(' '),
  );
}

export function missingColumns(
  missing: readonly ProductField[],
  fields: readonly string[],
  delimiter: number,
  context: HeaderContext,
): LoadstoneError {
  const fault = `The header lacks ${list(missing)}; it has ${shownColumns(fields)}.`;
  const advice = [
    delimiterAdvice(fields, delimiter, context) ??
      quotesAdvice(missing, fields) ??
      renamingAdvice(missing, fields),
    encodingAdvice(fields, context),
  ];
  return new LoadstoneError('MISSING_COLUMN', [fault, ...advice].filter(Boolean).join(' '));
}

function renamingAdvice(missing: readonly ProductField[], fields: readonly string[]): string {
  const meant = missing.flatMap((required) => {
    const field = fields.find((one) => guessColumn(one) === required);
    return field === undefined ? [] : [{ field: shown(field), required }];
  });
  const renamed = meant.map(({ field, required }) => `"${field}" to "${required}"`);
  const hasAny = missing.length < REQUIRED_COLUMNS.length || renamed.length > 0;
  if (!hasAny) {
    return `The first line of the file must be a header with the columns ${list(REQUIRED_COLUMNS)}. If its columns have other names, name them in the option \`mapping\`.`;
  }
  const them = missing.length === 1 ? 'it' : 'them';
  const columns = missing.length === 1 ? 'column that holds it' : 'columns that hold them';
  const which = renamed.length > 0 ? `: ${renamed.join(', ')}` : '';
  const [first] = meant;
  const example = first ? `, such as ${mappingExample(first.field, first.required)}` : '';
  return `Add ${them} to the header, or rename the ${columns}${which}. Or name ${them} in the option \`mapping\`${example}.`;
}

function mappingExample(column: string, field: ProductField): string {
  return `{ column: ${JSON.stringify(column)}, field: ${field.toUpperCase()} }`;
}

/** If all missing columns are enclosed in other quotes. Renaming them would not help, as values have these quotes too. */
function quotesAdvice(missing: readonly string[], fields: readonly string[]): string | undefined {
  const quoted = fields.flatMap((field) => {
    const [, open, name = '', close] = OTHER_QUOTES.exec(field) ?? [];
    return open && missing.includes(normalizeColumnName(name)) ? [{ open, close }] : [];
  });
  const [first] = quoted;
  if (!first || quoted.length < missing.length) return undefined;
  return `Its columns are enclosed in other quotes (${first.open} ${first.close}), which are read as text. Save the file with " around its fields, or without quotes.`;
}

/** If another delimiter splits the header into the required columns. */
function delimiterAdvice(
  fields: readonly string[],
  delimiter: number,
  { isDelimiterGiven, columnOptions }: HeaderContext,
): string | undefined {
  if (fields.length !== 1) return undefined;
  const [line = ''] = fields;
  const other = [...new Set(line)].find(
    (text) => /[^\w"]/.test(text) && isComplete(matchColumns(line.split(text), columnOptions)),
  );
  if (other === undefined) return undefined;
  const shown = other === '\t' ? 'a tab' : `"${other}"`;
  const fault = `Its columns are separated by ${shown}, not by "${String.fromCharCode(delimiter)}".`;
  if (!/[\t\x20-\x7e]/.test(other))
    return `${fault} Save the file with a comma, semicolon, tab or | instead.`;
  // Without the option or the line, a usual delimiter would be detected.
  const isUsual = USUAL_DELIMITERS.includes(other.charCodeAt(0));
  if (isUsual && isDelimiterGiven) return `${fault} Remove the option delimiter, or set it to ${shown}.`;
  return isUsual
    ? `${fault} Remove the line "sep=" before it, or set the option delimiter to ${shown}.`
    : `${fault} Set the option delimiter to ${shown}.`;
}

/** Text that was decoded with the wrong encoding is full of characters that no column name has. */
function encodingAdvice(fields: readonly string[], { encoding }: HeaderContext): string | undefined {
  if (encoding.name === 'utf-8' || encoding.isMarked || /[a-z]{2}/i.test(fields.join(' '))) return undefined;
  return `The file was read as ${encoding.name}. If that is wrong, remove the option encoding, or set it to the right encoding.`;
}

/** ASCII in UTF-16 or UTF-32 has its zero bytes at fixed positions. */
function guessWideEncoding(sample: Buffer): string | undefined {
  const zeros = Array.from(sample.subarray(0, 8), (byte) => (byte === 0 ? '0' : 'x')).join('');
  if (zeros === 'x000x000') return 'utf-32le';
  if (zeros === '000x000x') return 'utf-32be';
  if (zeros.startsWith('x0x0')) return 'utf-16le';
  return zeros.startsWith('0x0x') ? 'utf-16be' : undefined;
}

function shownColumns(fields: readonly string[]): string {
  const more = fields.length > MAX_SHOWN_COLUMNS ? ` and ${fields.length - MAX_SHOWN_COLUMNS} more` : '';
  return `${list(fields.slice(0, MAX_SHOWN_COLUMNS).map(shown))}${more}`;
}

function shown(text: string): string {
  return shorten(text, MAX_SHOWN_CHARACTERS);
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
