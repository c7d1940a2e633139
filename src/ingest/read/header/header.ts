// The header: the first record, which names the columns.

import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import type { ErrorCode } from '../../../codes/error-codes.ts';
import { LoadstoneError } from '../../../errors.ts';
import { csvParseOptions } from '../csv-parse-options.ts';
import type { ByteDialect } from '../dialect.ts';
import { endOfRecord } from '../records/record-scanner.ts';
import { stripInitialSpaces } from '../records/scan-line.ts';
import type { FileEncoding } from '../text/decode-text.ts';
import { afterLineEnding, endOfLine } from '../text/line-endings.ts';
import { guessColumn, normalizeColumnName, REQUIRED_COLUMNS } from './column-names.ts';
import { chooseReading, USUAL_DELIMITERS } from './delimiter.ts';
import { detectMarkup, leadingText, type Markup } from './markup.ts';

export interface Header {
  /** All columns, as the file has them. */
  columns: string[];
  /** Those that are not imported. */
  ignoredColumns: string[];
  /** The delimiter's byte. */
  delimiter: number;
  nameIndex: number;
  skuIndex: number;
  descriptionIndex: number;
}

export const MAX_HEADER_BYTES = 64 * 1024;

/** Column names told in a message, and characters of each. */
const COLUMNS_SHOWN = 10;
const COLUMN_SHOWN_LENGTH = 40;
/** Of a file without a good header, what is looked at to tell whether it is text at all. */
const BINARY_SAMPLE_BYTES = 4096;
/** Below a first line that is no header, those among which the header is looked for. */
const LINES_SEARCHED = 50;

/** Quotes of word processors and of some databases. */
const OTHER_QUOTES = /^\s*(['`´‘’‚“”„«»])(.*)(['`´‘’‚“”„«»])\s*$/s;

/** As a client chose it: without a delimiter that is found out. */
type HeaderDialect = Omit<ByteDialect, 'delimiter'> & { delimiter?: number | undefined };

/** The header as one delimiter splits it. */
interface Reading {
  delimiter: number;
  /** Of the header, its line end included. */
  byteLength: number;
  /** None if there is a fault. */
  fields: string[];
  /** Why it cannot be split so. */
  fault?: LoadstoneError;
}

/** How it came about that the header is read as it is, for advice. */
export interface HeaderOrigin {
  encoding: FileEncoding;
  /** Whether the client chose the delimiter. */
  isDelimiterGiven: boolean;
}

const UTF8: HeaderOrigin = { encoding: { name: 'utf-8', isMarked: false }, isDelimiterGiven: false };

/**
 * Reads the header at the start of a file.
 *
 * @param sample the file's beginning without blank lines: more than MAX_HEADER_BYTES, or all of a shorter file
 * @param dialect as the client says it; the delimiter also from a line before the header
 * @returns the header and its length in bytes, its line end included
 * @throws LoadstoneError EMPTY_FILE, NOT_A_CSV, HEADER_TOO_LARGE, UNBALANCED_QUOTE, INVALID_ENCODING, MISSING_COLUMN,
 *   DUPLICATE_COLUMN
 */
export function readHeader(
  sample: Buffer,
  dialect: HeaderDialect = {},
  origin: HeaderOrigin = UTF8,
): { header: Header; byteLength: number } {
  if (sample.toString('latin1').trim() === '') throw emptyFile();
  const candidates = dialect.delimiter === undefined ? USUAL_DELIMITERS : [dialect.delimiter];
  const readings = candidates.map((delimiter) => readAs(sample, { ...dialect, delimiter }));
  const reading = chooseReading(readings, hasAllColumns);
  const { fields, byteLength } = reading;
  const bytes = sample.subarray(0, byteLength);
  const fault = reading.fault ?? faultOf(bytes, reading, origin);
  if (fault ? isBinary(bytes, sample) : bytes.includes(0)) throw notText(sample);
  if (fault) throw notFirst(sample, fault, candidates, dialect) ?? fault;
  const indexOf = (needed: string) => fields.findIndex((field) => normalizeColumnName(field) === needed);
  const header = {
    columns: fields,
    ignoredColumns: fields.filter((field) => !isNeeded(normalizeColumnName(field))),
    delimiter: reading.delimiter,
    nameIndex: indexOf('name'),
    skuIndex: indexOf('sku'),
    descriptionIndex: indexOf('description'),
  };
  return { header, byteLength };
}

/** What helps more than the fault of the first line: that the file is no table, or that its header stands further down. */
function notFirst(
  sample: Buffer,
  fault: LoadstoneError,
  delimiters: number[],
  dialect: HeaderDialect,
): LoadstoneError | undefined {
  const markup = detectMarkup(leadingText(sample));
  if (markup) return notTable(markup);
  if (fault.code !== 'MISSING_COLUMN' && fault.code !== 'UNBALANCED_QUOTE') return undefined;
  let at = 0;
  for (let lines = 1; lines <= LINES_SEARCHED; lines++) {
    at = afterLineEnding(sample, endOfLine(sample, at));
    if (at >= sample.length) return undefined;
    const rest = sample.subarray(at);
    const isHeader = (delimiter: number) => hasAllColumns(readAs(rest, { ...dialect, delimiter }).fields);
    if (delimiters.some(isHeader)) return furtherDown(lines, fault.code);
  }
  return undefined;
}

function readAs(sample: Buffer, dialect: ByteDialect): Reading {
  const { delimiter } = dialect;
  const limited = sample.subarray(0, MAX_HEADER_BYTES);
  const end = endOfRecord(limited, 0, dialect);
  const byteLength = end < limited.length ? afterLineEnding(sample, end) : end;
  const isWhole = end < limited.length || sample.length === limited.length;
  const record = dialect.skipInitialSpace
    ? stripInitialSpaces(sample, 0, byteLength, dialect)
    : sample.subarray(0, byteLength);
  try {
    const [fields = []] = parse(record, { ...csvParseOptions(dialect), encoding: 'utf8' }) as string[][];
    return isWhole
      ? { delimiter, byteLength, fields }
      : { delimiter, byteLength, fields: [], fault: tooLarge() };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const what =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote in it is never closed'
        : 'a quote stands inside of a column name';
    const skipping = { ...dialect, skipInitialSpace: true };
    const isSpaced = !dialect.skipInitialSpace && hasAllColumns(readAs(sample, skipping).fields);
    return { delimiter, byteLength, fields: [], fault: unbalancedQuote(what, isSpaced, error) };
  }
}

function faultOf(bytes: Buffer, reading: Reading, origin: HeaderOrigin): LoadstoneError | undefined {
  if (!isUtf8(bytes)) return undecodable(origin.encoding);
  const found = reading.fields.map(normalizeColumnName);
  const missing = REQUIRED_COLUMNS.filter((needed) => !found.includes(needed));
  if (missing.length > 0) return missingColumns(missing, reading, origin);
  const twice = REQUIRED_COLUMNS.filter((needed) => found.indexOf(needed) !== found.lastIndexOf(needed));
  if (twice.length > 0) {
    const message = `The header has the column ${list(twice)} more than once. Leave one, or rename the others.`;
    return new LoadstoneError('DUPLICATE_COLUMN', message);
  }
  return undefined;
}

function hasAllColumns(fields: string[]): boolean {
  const found = fields.map(normalizeColumnName);
  return REQUIRED_COLUMNS.every((needed) => found.includes(needed));
}

function isNeeded(column: string): boolean {
  return REQUIRED_COLUMNS.some((needed) => needed === column);
}

/** Text has no NUL, and its header no control characters but tabs and line ends. */
function isBinary(header: Buffer, sample: Buffer): boolean {
  const isControl = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
  return sample.subarray(0, BINARY_SAMPLE_BYTES).includes(0) || header.some(isControl);
}

function emptyFile(): LoadstoneError {
  const message = `The file is empty. Send a CSV file whose first line names the columns ${list(REQUIRED_COLUMNS)}.`;
  return new LoadstoneError('EMPTY_FILE', message);
}

function notText(sample: Buffer): LoadstoneError {
  const encoding = wideEncodingOf(sample);
  const message = encoding
    ? `The file looks like ${encoding.slice(0, 6).toUpperCase()} without a byte order mark. Name its encoding with the option encoding: ${encoding}; or save it as UTF-8.`
    : 'The file is binary, not CSV. Export the table as CSV and upload that.';
  return new LoadstoneError('NOT_A_CSV', message);
}

function notTable(markup: Markup): LoadstoneError {
  const message = `The file is ${markup}, not a CSV file. Export the table as CSV, or open it in a spreadsheet and save it as CSV.`;
  return new LoadstoneError('NOT_A_CSV', message);
}

function furtherDown(lines: number, code: ErrorCode): LoadstoneError {
  const where = lines === 1 ? 'in the next line' : `${lines} lines further down`;
  const message = `The first line that is not blank must be the header, but the columns are named ${where}. In the file, remove what stands before them.`;
  return new LoadstoneError(code, message);
}

/** ASCII in units of two or four bytes has its zeros at the same places in each. */
function wideEncodingOf(sample: Buffer): string | undefined {
  const zeros = Array.from(sample.subarray(0, 8), (byte) => (byte === 0 ? '0' : 'x')).join('');
  if (zeros === 'x000x000') return 'utf-32le';
  if (zeros === '000x000x') return 'utf-32be';
  if (zeros.startsWith('x0x0')) return 'utf-16le';
  return zeros.startsWith('0x0x') ? 'utf-16be' : undefined;
}

function undecodable({ name, isMarked }: FileEncoding): LoadstoneError {
  const fault = `The header is not valid ${name === 'utf-8' ? 'UTF-8' : name}`;
  const message = isMarked
    ? `${fault}, which the file's byte order mark says it is. Save the file anew as UTF-8.`
    : name === 'utf-8'
      ? `${fault}. Name the file's encoding with the option encoding (windows-1252, for example), or save it as UTF-8.`
      : `${fault}. Leave out the option encoding if the file is UTF-8, or give the right one.`;
  return new LoadstoneError('INVALID_ENCODING', message);
}

function tooLarge(): LoadstoneError {
  const message = `The header does not end within ${MAX_HEADER_BYTES} bytes. The first line must name the columns and nothing more.`;
  return new LoadstoneError('HEADER_TOO_LARGE', message);
}

/** @param isSpaced whether it is well-formed but for spaces before quotes */
function unbalancedQuote(what: string, isSpaced: boolean, cause: Error): LoadstoneError {
  const fault = isSpaced ? 'a space stands before a quote' : what;
  const advice = isSpaced
    ? 'Read the file with the option `skipInitialSpace`.'
    : 'Put a name that has quotes in it in quotes, and double those ("").';
  const message = `The quotes of the header do not match: ${fault}. ${advice}`;
  return new LoadstoneError('UNBALANCED_QUOTE', message, { cause });
}

function missingColumns(missing: string[], reading: Reading, origin: HeaderOrigin): LoadstoneError {
  const { fields } = reading;
  const shown = fields.slice(0, COLUMNS_SHOWN).map((field) => shorten(field));
  const more = fields.length > COLUMNS_SHOWN ? ` and ${fields.length - COLUMNS_SHOWN} more` : '';
  const fault = `The header lacks ${list(missing)}; it has ${list(shown)}${more}.`;
  const hints = [
    delimiterHint(reading, origin) ?? quotesHint(missing, fields) ?? renamingHint(missing, fields),
    encodingHint(fields, origin),
  ];
  return new LoadstoneError('MISSING_COLUMN', [fault, ...hints].filter(Boolean).join(' '));
}

function renamingHint(missing: string[], fields: string[]): string {
  const renamed = missing.flatMap((needed) => {
    const field = fields.find((one) => guessColumn(one) === needed);
    return field === undefined ? [] : [`"${shorten(field)}" to "${needed}"`];
  });
  const isAnyNeeded = missing.length < REQUIRED_COLUMNS.length || renamed.length > 0;
  if (!isAnyNeeded) {
    return `The first line of the file must be a header with the columns ${list(REQUIRED_COLUMNS)}.`;
  }
  const them = missing.length === 1 ? 'it' : 'them';
  const thatHold = missing.length === 1 ? 'column that holds it' : 'columns that hold them';
  const which = renamed.length > 0 ? `: ${renamed.join(', ')}` : '';
  return `Add ${them} to the header, or rename the ${thatHold}${which}.`;
}

/** Where the columns only lack the quotes that others put around them: with another name they would stay around values. */
function quotesHint(missing: string[], fields: string[]): string | undefined {
  const quoted = fields.flatMap((field) => {
    const [, open, name = '', close] = OTHER_QUOTES.exec(field) ?? [];
    return open && missing.includes(normalizeColumnName(name)) ? [{ open, close }] : [];
  });
  const [first] = quoted;
  if (!first || quoted.length < missing.length) return undefined;
  return `Its columns are in quotes of another kind (${first.open} ${first.close}), which are text here. Save the file with " around its fields, or with nothing around them.`;
}

/** Where another delimiter splits the header into what is needed. */
function delimiterHint({ fields, delimiter }: Reading, origin: HeaderOrigin): string | undefined {
  if (fields.length !== 1) return undefined;
  const [line = ''] = fields;
  const other = [...new Set(line)].find((text) => /[^\w"]/.test(text) && hasAllColumns(line.split(text)));
  if (other === undefined) return undefined;
  const shown = other === '\t' ? 'a tab' : `"${other}"`;
  const fault = `Its columns are separated by ${shown}, not by "${String.fromCharCode(delimiter)}".`;
  if (!/[\t\x20-\x7e]/.test(other))
    return `${fault} Save the file with a comma, semicolon, tab or | instead.`;
  const isUsual = USUAL_DELIMITERS.includes(other.charCodeAt(0));
  const away = !isUsual
    ? ''
    : origin.isDelimiterGiven
      ? 'Leave out the option delimiter, or give'
      : 'Remove the line "sep=" before it, or give';
  return `${fault} ${away || 'Give'} ${shown} as the option delimiter.`;
}

/** Text that was read in an encoding not its own is full of characters that no column name has. */
function encodingHint(fields: string[], { encoding }: HeaderOrigin): string | undefined {
  if (encoding.name === 'utf-8' || encoding.isMarked || /[a-z]{2}/i.test(fields.join(' '))) return undefined;
  return `The file was read as ${encoding.name}: if it is not, leave out the option encoding, or give the right one.`;
}

function shorten(text: string): string {
  return text.length > COLUMN_SHOWN_LENGTH ? `${text.slice(0, COLUMN_SHOWN_LENGTH)}…` : text;
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
