// Splits stored records into their fields, by the dialect of their import.

import { parse } from 'csv-parse/sync';
import type { Quoting } from '../dialect.ts';
import { fieldCountRange } from './field-count.ts';

export interface RecordDialect {
  delimiter: string;
  quoting: Quoting;
  skipInitialSpace: boolean;
}

/** @returns as many fields as there are columns, or undefined if the record has another number of them */
export function splitRecord(
  record: string,
  dialect: RecordDialect,
  columns: readonly string[],
): string[] | undefined {
  const fields = record === '' ? [''] : splitFields(record, dialect);
  return fields && fitToColumns(fields, columns);
}

/** @returns undefined unless it is one record with well-formed quotes */
export function splitFields(record: string, dialect: RecordDialect): string[] | undefined {
  const records = splitRecords(record, dialect);
  return records?.length === 1 ? records[0] : undefined;
}

/** @returns the fields of each record; undefined if a quote is misplaced */
export function splitRecords(records: string, dialect: RecordDialect): string[][] | undefined {
  const { delimiter, quoting, skipInitialSpace } = dialect;
  try {
    return parse(records, {
      delimiter,
      quote: quoting === 'NONE' ? null : '"',
      ltrim: skipInitialSpace,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
    }) as string[][];
  } catch {
    return undefined;
  }
}

/**
 * Completes a record whose last columns have no name, and removes what a trailing delimiter adds.
 *
 * @returns undefined if the record has another number of fields than an import accepts
 */
export function fitToColumns(fields: readonly string[], columns: readonly string[]): string[] | undefined {
  const width = columns.length;
  if (fields.length === width + 1 && fields.at(-1) === '') return fields.slice(0, width);
  if (fields.length > width || fields.length < fieldCountRange(columns).min) return undefined;
  return [...fields, ...Array<string>(width - fields.length).fill('')];
}
