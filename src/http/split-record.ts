// Makes of a raw record of the file as many fields as its header has, also when the record is broken.

import { parse } from 'csv-parse/sync';

/** @returns exactly `width` fields; a surplus is joined into the last, what is missing is empty */
export function splitRecord(record: string, delimiter: string, width: number): string[] {
  const fields = parseLeniently(record, delimiter);
  if (fields.length > width && width > 0)
    fields.splice(width - 1, Infinity, fields.slice(width - 1).join(delimiter));
  return Array.from({ length: width }, (_, index) => fields[index] ?? '');
}

function parseLeniently(record: string, delimiter: string): string[] {
  const options = { delimiter, record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true };
  for (const relax_quotes of [false, true]) {
    try {
      return (parse(record, { ...options, relax_quotes }) as string[][]).flat();
    } catch {
      // Unbalanced quotes, for the most part.
    }
  }
  return record.split(delimiter);
}
