// The header: the first record, which names the columns.

import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { LoadstoneError } from '../errors.ts';
import { chooseReading, USUAL_DELIMITERS } from './detect-delimiter.ts';
import { csvParseOptions } from './lane/csv-parse-options.ts';
import type { ByteDialect } from './dialect.ts';
import { afterLineEnd } from './line-ends.ts';
import { withoutInitialSpaces } from './line-shape.ts';
import { endOfRecord } from './record-boundaries.ts';

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

const NEEDED_COLUMNS = ['name', 'sku', 'description'];
/** Column names told in a message, and characters of each. */
const COLUMNS_SHOWN = 10;
const COLUMN_SHOWN_LENGTH = 40;
/** Of a file without a good header, what is looked at to tell whether it is text at all. */
const BINARY_SAMPLE_BYTES = 4096;

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

/**
 * Reads the header at the start of a file.
 *
 * @param sample the file's beginning without blank lines: more than MAX_HEADER_BYTES, or all of a shorter file
 * @returns the header and its length in bytes, its line end included
 * @throws LoadstoneError EMPTY_FILE, NOT_A_CSV, HEADER_TOO_LARGE, UNBALANCED_QUOTE, INVALID_ENCODING, MISSING_COLUMN,
 *   DUPLICATE_COLUMN
 */
export function readHeader(sample: Buffer, dialect: HeaderDialect = {}): { header: Header; byteLength: number } {
  if (sample.toString('latin1').trim() === '') throw emptyFile();
  const candidates = dialect.delimiter === undefined ? USUAL_DELIMITERS : [dialect.delimiter];
  const readings = candidates.map((delimiter) => readAs(sample, { ...dialect, delimiter }));
  const reading = chooseReading(readings, hasAllColumns);
  const { fields, byteLength } = reading;
  const bytes = sample.subarray(0, byteLength);
  const fault = reading.fault ?? faultOf(bytes, fields);
  if (fault ? isBinary(bytes, sample) : bytes.includes(0)) throw notText(sample);
  if (fault) throw fault;
  const indexOf = (needed: string) => fields.findIndex((field) => columnOf(field) === needed);
  const header = {
    columns: fields,
    ignoredColumns: fields.filter((field) => !NEEDED_COLUMNS.includes(columnOf(field))),
    delimiter: reading.delimiter,
    nameIndex: indexOf('name'),
    skuIndex: indexOf('sku'),
    descriptionIndex: indexOf('description'),
  };
  return { header, byteLength };
}

function readAs(sample: Buffer, dialect: ByteDialect): Reading {
  const { delimiter } = dialect;
  const limited = sample.subarray(0, MAX_HEADER_BYTES);
  const end = endOfRecord(limited, 0, dialect);
  const byteLength = end < limited.length ? afterLineEnd(sample, end) : end;
  const isWhole = end < limited.length || sample.length === limited.length;
  const record = dialect.skipInitialSpace
    ? withoutInitialSpaces(sample, 0, byteLength, dialect)
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
    return { delimiter, byteLength, fields: [], fault: unbalancedQuote(what, error) };
  }
}

function faultOf(bytes: Buffer, fields: string[]): LoadstoneError | undefined {
  if (!isUtf8(bytes)) {
    const message =
      "The header is not valid UTF-8. Name the file's encoding with the option encoding (windows-1252, for example), or save it as UTF-8.";
    return new LoadstoneError('INVALID_ENCODING', message);
  }
  const found = fields.map(columnOf);
  const missing = NEEDED_COLUMNS.filter((needed) => !found.includes(needed));
  if (missing.length > 0) return missingColumns(missing, fields);
  const twice = NEEDED_COLUMNS.filter((needed) => found.indexOf(needed) !== found.lastIndexOf(needed));
  if (twice.length > 0) {
    const message = `The header has the column ${list(twice)} more than once. Leave one, or rename the others.`;
    return new LoadstoneError('DUPLICATE_COLUMN', message);
  }
  return undefined;
}

function hasAllColumns(fields: string[]): boolean {
  const found = fields.map(columnOf);
  return NEEDED_COLUMNS.every((needed) => found.includes(needed));
}

/** The name by which a field of the header is known. */
function columnOf(field: string): string {
  return field.trim().toLowerCase();
}

/** Text has no NUL, and its header no control characters but tabs and line ends. */
function isBinary(header: Buffer, sample: Buffer): boolean {
  const isControl = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
  return sample.subarray(0, BINARY_SAMPLE_BYTES).includes(0) || header.some(isControl);
}

function emptyFile(): LoadstoneError {
  const message = `The file is empty. Send a CSV file whose first line names the columns ${list(NEEDED_COLUMNS)}.`;
  return new LoadstoneError('EMPTY_FILE', message);
}

function notText(sample: Buffer): LoadstoneError {
  const [even = 1, odd = 1, third = 1, fourth = 1] = sample;
  const isUtf16 =
    (even === 0) !== (odd === 0) && (even === 0) === (third === 0) && (odd === 0) === (fourth === 0);
  const message = isUtf16
    ? `The file looks like UTF-16 without a byte order mark. Name its encoding with the option encoding: ${even === 0 ? 'utf-16be' : 'utf-16le'}.`
    : 'The file is binary, not CSV. Export the table as CSV and upload that.';
  return new LoadstoneError('NOT_A_CSV', message);
}

function tooLarge(): LoadstoneError {
  const message = `The header does not end within ${MAX_HEADER_BYTES} bytes. The first line must name the columns and nothing more.`;
  return new LoadstoneError('HEADER_TOO_LARGE', message);
}

function unbalancedQuote(what: string, cause?: Error): LoadstoneError {
  const message = `The quotes of the header do not match: ${what}. Put a name that has quotes in it in quotes, and double those ("").`;
  return new LoadstoneError('UNBALANCED_QUOTE', message, { cause });
}

function missingColumns(missing: string[], found: string[]): LoadstoneError {
  const shown = found.slice(0, COLUMNS_SHOWN).map((field) => shorten(field));
  const more = found.length > COLUMNS_SHOWN ? ` and ${found.length - COLUMNS_SHOWN} more` : '';
  const hint =
    missing.length === NEEDED_COLUMNS.length
      ? `The first line of the file must be a header with the columns ${list(NEEDED_COLUMNS)}.`
      : 'Add it to the header, or rename the column that holds it.';
  const message = `The header lacks ${list(missing)}; it has ${list(shown)}${more}. ${hint}`;
  return new LoadstoneError('MISSING_COLUMN', message);
}

function shorten(text: string): string {
  return text.length > COLUMN_SHOWN_LENGTH ? `${text.slice(0, COLUMN_SHOWN_LENGTH)}…` : text;
}

function list(names: string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
