// Splits a stored record into its fields, by the dialect of its import.

import { parse } from 'csv-parse/sync';
import type { Quoting } from '../../ingest/read/dialect.ts';

export interface RecordDialect {
  delimiter: string;
  quoting: Quoting;
  skipInitialSpace: boolean;
}

/** @returns as many fields as the header has, or undefined if the record has another number of them */
export function splitRecord(record: string, dialect: RecordDialect, width: number): string[] | undefined {
  const { delimiter, quoting, skipInitialSpace } = dialect;
  if (record === '') return width === 1 ? [''] : undefined;
  try {
    const [fields, more] = parse(record, {
      delimiter,
      quote: quoting === 'NONE' ? null : '"',
      ltrim: skipInitialSpace,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
    }) as string[][];
    if (!fields || more) return undefined;
    // A trailing delimiter in the rows only, or in the header only.
    if (fields.length === width + 1 && fields.at(-1) === '') fields.pop();
    if (fields.length === width - 1) fields.push('');
    return fields.length === width ? fields : undefined;
  } catch {
    return undefined;
  }
}
