// Splits a stored record into its fields, by the dialect of its import.

import { parse } from 'csv-parse/sync';
import type { Quoting } from '../dialect.ts';

export interface RecordDialect {
  delimiter: string;
  quoting: Quoting;
  skipInitialSpace: boolean;
}

/** @returns as many fields as the header has, or undefined if the record has another number of them */
export function splitRecord(record: string, dialect: RecordDialect, width: number): string[] | undefined {
  if (record === '') return width === 1 ? [''] : undefined;
  const fields = splitFields(record, dialect);
  // A trailing delimiter in the rows only, or in the header only.
  if (fields?.length === width + 1 && fields.at(-1) === '') fields.pop();
  if (fields?.length === width - 1) fields.push('');
  return fields?.length === width ? fields : undefined;
}

/** @returns undefined unless it is one record with well-formed quotes */
export function splitFields(record: string, dialect: RecordDialect): string[] | undefined {
  const { delimiter, quoting, skipInitialSpace } = dialect;
  try {
    const [fields, more] = parse(record, {
      delimiter,
      quote: quoting === 'NONE' ? null : '"',
      ltrim: skipInitialSpace,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
    }) as string[][];
    return more ? undefined : fields;
  } catch {
    return undefined;
  }
}
