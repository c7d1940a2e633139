// Reads the header: the first record, which names the columns.

import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import type { MappedColumn, ProductField } from '../../../db/tables.ts';
import type { LoadstoneError } from '../../../errors.ts';
import { csvParseOptions } from '../csv-parse-options.ts';
import type { ByteDialect } from '../dialect.ts';
import { endOfRecord, stripInitialSpaces } from '../records/end-of-record.ts';
import { decodeBreaks } from '../text/coded-breaks.ts';
import { afterLineEnding, endOfLine } from '../text/line-endings.ts';
import { USUAL_DELIMITERS } from './delimiter.ts';
import * as errors from './header-errors.ts';
import { detectMarkup, leadingText } from './markup.ts';
import {
  type ColumnMatch,
  type ColumnOptions,
  isComplete,
  type KeptColumn,
  matchColumns,
} from './match-columns.ts';

export interface Header {
  /** All columns, as in the file. */
  columns: string[];
  /** Which columns are imported, in the order of the header. */
  mapping: MappedColumn[];
  /** Columns that become attributes, in the order of the header. */
  keptColumns: KeptColumn[];
  /** Columns that are not imported. */
  ignoredColumns: string[];
  /** The delimiter's byte. */
  delimiter: number;
  /** -1 if there is only a default. */
  nameIndex: number;
  skuIndex: number;
  /** -1 if there is only a default. */
  descriptionIndex: number;
}

export const MAX_HEADER_BYTES = 64 * 1024;

/** How much of a file without a valid header is checked for being binary. */
const BINARY_SAMPLE_BYTES = 4096;
/** Lines below an invalid first line among which the header is searched for. */
const MAX_SEARCHED_LINES = 50;
/** Of each of them, and what follows it: more than the names of the columns have that are needed. */
const MAX_SEARCHED_BYTES = 4096;

/** The delimiter is detected if it is not given. */
type HeaderDialect = Omit<ByteDialect, 'delimiter'> & { delimiter?: number | undefined };

/** The header, split by one delimiter. */
interface Candidate {
  delimiter: number;
  /** Length of the header with its line ending. */
  byteLength: number;
  /** Empty if there is an error. */
  fields: string[];
  match: ColumnMatch;
  error?: LoadstoneError;
}

interface ReadHeader {
  header: Header;
  /** Its length in bytes, line ending included. */
  byteLength: number;
  /** What is wrong with its columns: MISSING_COLUMN, AMBIGUOUS_COLUMN or DUPLICATE_COLUMN. Then indexes may be -1. */
  fault: LoadstoneError | undefined;
}

/**
 * Reads the header at the start of a file.
 *
 * @param sample start of the file, without blank lines: more than MAX_HEADER_BYTES, or the whole file
 * @param dialect with the delimiter that the client chose, or that a `sep=` line gives
 * @throws LoadstoneError EMPTY_FILE, NOT_A_CSV, HEADER_TOO_LARGE, UNBALANCED_QUOTE, INVALID_ENCODING
 */
export function readHeader(
  sample: Buffer,
  dialect: HeaderDialect,
  context: errors.HeaderContext,
): ReadHeader {
  if (sample.toString('latin1').trim() === '') throw errors.emptyFile();
  const { columnOptions } = context;
  const delimiters = dialect.delimiter === undefined ? USUAL_DELIMITERS : [dialect.delimiter];
  const candidates = delimiters.map((delimiter) =>
    splitHeader(sample, { ...dialect, delimiter }, columnOptions),
  );
  const candidate = chooseCandidate(candidates);
  const { delimiter, byteLength } = candidate;
  const bytes = sample.subarray(0, byteLength);
  const unreadable = candidate.error ?? (isUtf8(bytes) ? undefined : errors.undecodable(context.encoding));
  const error = unreadable ?? columnFault(candidate, context);
  if (error ? isBinary(bytes, sample) : bytes.includes(0)) throw errors.notText(sample);
  const better = error && betterError(sample, error, delimiters, dialect, columnOptions);
  if (unreadable || better?.code === 'NOT_A_CSV') throw better ?? unreadable;
  return { header: headerOf(candidate, delimiter), byteLength, fault: better ?? error };
}

function headerOf({ fields, match: { found, kept } }: Candidate, delimiter: number): Header {
  const mapping = Object.entries(found)
    .toSorted(([, one], [, other]) => one.index - other.index)
    .map(([field, { index, isGuessed }]) => ({
      column: fields[index] ?? '',
      field: field as ProductField,
      isGuessed,
    }));
  const indexOf = (field: ProductField) => found[field]?.index ?? -1;
  const used = new Set([...Object.values(found), ...kept].map(({ index }) => index));
  return {
    columns: fields,
    mapping,
    keptColumns: kept,
    ignoredColumns: fields.filter((_, index) => !used.has(index)),
    delimiter,
    nameIndex: indexOf('name'),
    skuIndex: indexOf('sku'),
    descriptionIndex: indexOf('description'),
  };
}

/** @returns the first candidate with all columns that are needed, or else the one with the most fields */
function chooseCandidate(candidates: readonly Candidate[]): Candidate {
  const complete = candidates.find(({ error, match }) => !error && isComplete(match));
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
  columnOptions: ColumnOptions,
): LoadstoneError | undefined {
  const markup = detectMarkup(leadingText(sample));
  if (markup) return errors.notTable(markup);
  if (error.code !== 'MISSING_COLUMN' && error.code !== 'UNBALANCED_QUOTE') return undefined;
  let at = 0;
  for (let lines = 1; lines <= MAX_SEARCHED_LINES; lines++) {
    at = afterLineEnding(sample, endOfLine(sample, at));
    if (at >= sample.length) return undefined;
    const rest = sample.subarray(at, at + MAX_SEARCHED_BYTES);
    const isHeader = (delimiter: number) => {
      const candidate = splitHeader(rest, { ...dialect, delimiter }, columnOptions);
      return !candidate.error && isComplete(candidate.match);
    };
    if (delimiters.some(isHeader)) return errors.headerFurtherDown(lines, error.code);
  }
  return undefined;
}

function splitHeader(sample: Buffer, dialect: ByteDialect, columnOptions: ColumnOptions): Candidate {
  const { delimiter } = dialect;
  const withError = (error: LoadstoneError) => {
    return { delimiter, byteLength, fields: [], match: matchColumns([], columnOptions), error };
  };
  const limited = sample.subarray(0, MAX_HEADER_BYTES);
  const end = endOfRecord(limited, 0, dialect);
  const byteLength = end < limited.length ? afterLineEnding(sample, end) : end;
  const isWhole = end < limited.length || sample.length === limited.length;
  const record = dialect.skipInitialSpace
    ? stripInitialSpaces(sample, 0, byteLength, dialect)
    : sample.subarray(0, byteLength);
  try {
    const [parsed = []] = parse(record, { ...csvParseOptions(dialect), encoding: 'utf8' }) as string[][];
    if (!isWhole) return withError(errors.tooLarge(MAX_HEADER_BYTES));
    const fields = dialect.hasCodedBreaks ? parsed.map(decodeBreaks) : parsed;
    return { delimiter, byteLength, fields, match: matchColumns(fields, columnOptions) };
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const skipping = { ...dialect, skipInitialSpace: true };
    const isSpaced =
      !dialect.skipInitialSpace && isComplete(splitHeader(sample, skipping, columnOptions).match);
    const isUnclosed = cause.code === 'CSV_QUOTE_NOT_CLOSED';
    return withError(errors.unbalancedQuote(isUnclosed, isSpaced, cause));
  }
}

function columnFault(
  { fields, delimiter, match }: Candidate,
  context: errors.HeaderContext,
): LoadstoneError | undefined {
  const { unknown, missing, ambiguous, duplicate, duplicateKept } = match;
  if (unknown.length > 0) return errors.unknownColumns(unknown, fields, delimiter, context);
  if (missing.length > 0) return errors.missingColumns(missing, fields, delimiter, context);
  const [first] = ambiguous;
  if (first) return errors.ambiguousColumns(first.field, first.columns);
  if (duplicate.length > 0) return errors.duplicateColumns(duplicate);
  return duplicateKept.length > 0 ? errors.duplicateAttributes(duplicateKept) : undefined;
}

/** Text has no NUL, and a header has no control characters except tabs and line endings. */
function isBinary(header: Buffer, sample: Buffer): boolean {
  const isControl = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
  return sample.subarray(0, BINARY_SAMPLE_BYTES).includes(0) || header.some(isControl);
}
