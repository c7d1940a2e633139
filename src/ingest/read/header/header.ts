// Reads the header: the first record, which names the columns.

import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import type { LoadstoneError } from '../../../errors.ts';
import { csvParseOptions } from '../csv-parse-options.ts';
import type { ByteDialect } from '../dialect.ts';
import { endOfRecord } from '../records/end-of-record.ts';
import { stripInitialSpaces } from '../records/scan-line.ts';
import { afterLineEnding, endOfLine } from '../text/line-endings.ts';
import {
  hasRequiredColumns,
  isRequiredColumn,
  normalizeColumnName,
  REQUIRED_COLUMNS,
} from './column-names.ts';
import { USUAL_DELIMITERS } from './delimiter.ts';
import * as errors from './header-errors.ts';
import { detectMarkup, leadingText } from './markup.ts';

export interface Header {
  /** All columns, as in the file. */
  columns: string[];
  /** Columns that are not imported. */
  ignoredColumns: string[];
  /** The delimiter's byte. */
  delimiter: number;
  nameIndex: number;
  skuIndex: number;
  descriptionIndex: number;
}

export const MAX_HEADER_BYTES = 64 * 1024;

/** How much of a file without a valid header is checked for being binary. */
const BINARY_SAMPLE_BYTES = 4096;
/** Lines below an invalid first line among which the header is searched for. */
const MAX_SEARCHED_LINES = 50;

/** The delimiter is detected if it is not given. */
type HeaderDialect = Omit<ByteDialect, 'delimiter'> & { delimiter?: number | undefined };

/** The header, split by one delimiter. */
interface Candidate {
  delimiter: number;
  /** Length of the header with its line ending. */
  byteLength: number;
  /** Empty if there is an error. */
  fields: string[];
  error?: LoadstoneError;
}

const UTF8: errors.HeaderContext = {
  encoding: { name: 'utf-8', isMarked: false },
  isDelimiterGiven: false,
};

/**
 * Reads the header at the start of a file.
 *
 * @param sample start of the file, without blank lines: more than MAX_HEADER_BYTES, or the whole file
 * @param dialect with the delimiter that the client chose, or that a `sep=` line gives
 * @returns the header and its length in bytes, line ending included
 * @throws LoadstoneError EMPTY_FILE, NOT_A_CSV, HEADER_TOO_LARGE, UNBALANCED_QUOTE, INVALID_ENCODING, MISSING_COLUMN,
 *   DUPLICATE_COLUMN
 */
export function readHeader(
  sample: Buffer,
  dialect: HeaderDialect = {},
  context: errors.HeaderContext = UTF8,
): { header: Header; byteLength: number } {
  if (sample.toString('latin1').trim() === '') throw errors.emptyFile();
  const delimiters = dialect.delimiter === undefined ? USUAL_DELIMITERS : [dialect.delimiter];
  const candidates = delimiters.map((delimiter) => splitHeader(sample, { ...dialect, delimiter }));
  const candidate = chooseCandidate(candidates);
  const { fields, delimiter, byteLength } = candidate;
  const bytes = sample.subarray(0, byteLength);
  const error = candidate.error ?? validate(bytes, candidate, context);
  if (error ? isBinary(bytes, sample) : bytes.includes(0)) throw errors.notText(sample);
  if (error) throw betterError(sample, error, delimiters, dialect) ?? error;
  const indexOf = (required: string) => fields.findIndex((field) => normalizeColumnName(field) === required);
  const header = {
    columns: fields,
    ignoredColumns: fields.filter((field) => !isRequiredColumn(field)),
    delimiter,
    nameIndex: indexOf('name'),
    skuIndex: indexOf('sku'),
    descriptionIndex: indexOf('description'),
  };
  return { header, byteLength };
}

/** @returns the first candidate with all required columns, or else the one with the most fields */
function chooseCandidate(candidates: readonly Candidate[]): Candidate {
  const complete = candidates.find(({ fields }) => hasRequiredColumns(fields));
  return (
    complete ?? candidates.reduce((best, next) => (next.fields.length > best.fields.length ? next : best))
  );
}

/** @returns an error that helps more than that of the first line: the file is not a table, or the header is further down */
function betterError(
  sample: Buffer,
  error: LoadstoneError,
  delimiters: number[],
  dialect: HeaderDialect,
): LoadstoneError | undefined {
  const markup = detectMarkup(leadingText(sample));
  if (markup) return errors.notTable(markup);
  if (error.code !== 'MISSING_COLUMN' && error.code !== 'UNBALANCED_QUOTE') return undefined;
  let at = 0;
  for (let lines = 1; lines <= MAX_SEARCHED_LINES; lines++) {
    at = afterLineEnding(sample, endOfLine(sample, at));
    if (at >= sample.length) return undefined;
    const rest = sample.subarray(at);
    const isHeader = (delimiter: number) =>
      hasRequiredColumns(splitHeader(rest, { ...dialect, delimiter }).fields);
    if (delimiters.some(isHeader)) return errors.headerFurtherDown(lines, error.code);
  }
  return undefined;
}

function splitHeader(sample: Buffer, dialect: ByteDialect): Candidate {
  const { delimiter } = dialect;
  const limited = sample.subarray(0, MAX_HEADER_BYTES);
  const end = endOfRecord(limited, 0, dialect);
  const byteLength = end < limited.length ? afterLineEnding(sample, end) : end;
  const isComplete = end < limited.length || sample.length === limited.length;
  const record = dialect.skipInitialSpace
    ? stripInitialSpaces(sample, 0, byteLength, dialect)
    : sample.subarray(0, byteLength);
  try {
    const [fields = []] = parse(record, { ...csvParseOptions(dialect), encoding: 'utf8' }) as string[][];
    return isComplete
      ? { delimiter, byteLength, fields }
      : { delimiter, byteLength, fields: [], error: errors.tooLarge(MAX_HEADER_BYTES) };
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const skipping = { ...dialect, skipInitialSpace: true };
    const isSpaced = !dialect.skipInitialSpace && hasRequiredColumns(splitHeader(sample, skipping).fields);
    const isUnclosed = cause.code === 'CSV_QUOTE_NOT_CLOSED';
    return { delimiter, byteLength, fields: [], error: errors.unbalancedQuote(isUnclosed, isSpaced, cause) };
  }
}

function validate(
  bytes: Buffer,
  { fields, delimiter }: Candidate,
  context: errors.HeaderContext,
): LoadstoneError | undefined {
  if (!isUtf8(bytes)) return errors.undecodable(context.encoding);
  const found = fields.map(normalizeColumnName);
  const missing = REQUIRED_COLUMNS.filter((required) => !found.includes(required));
  if (missing.length > 0) return errors.missingColumns(missing, fields, delimiter, context);
  const duplicate = REQUIRED_COLUMNS.filter(
    (required) => found.indexOf(required) !== found.lastIndexOf(required),
  );
  return duplicate.length > 0 ? errors.duplicateColumns(duplicate) : undefined;
}

/** Text has no NUL, and a header has no control characters except tabs and line endings. */
function isBinary(header: Buffer, sample: Buffer): boolean {
  const isControl = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
  return sample.subarray(0, BINARY_SAMPLE_BYTES).includes(0) || header.some(isControl);
}
