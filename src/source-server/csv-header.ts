// Reads the header of a CSV file: its columns, its delimiter, and where the rows start.

import { type Options, parse } from 'csv-parse/sync';
import type { OpenFile } from './folder.ts';
import { FolderFault } from './folder-fault.ts';

export interface CsvHeader {
  columns: string[];
  delimiter: string;
  /** The offset of the first row, in bytes. */
  length: number;
}

const DELIMITERS = [',', ';', '\t', '|'];
const MAX_HEADER_BYTES = 64 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Each byte is read and written as one character, so that values keep their bytes in any encoding. */
export const CSV_OPTIONS = {
  encoding: 'latin1',
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
} satisfies Options;

/**
 * @returns undefined for a blank file
 * @throws FolderFault if it has no header
 */
export async function readCsvHeader(file: OpenFile): Promise<CsvHeader | undefined> {
  const { name, bytes } = file.state;
  const parts: Buffer[] = [];
  for await (const chunk of file.chunks(0, Math.min(bytes, MAX_HEADER_BYTES) - 1)) parts.push(chunk);
  const start = Buffer.concat(parts);
  const bom = start.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const text = start.subarray(bom);
  if (text.toString('latin1').trim() === '' && bytes <= MAX_HEADER_BYTES) return undefined;
  if (text.includes(0)) throw new FolderFault(`${name} is not text in UTF-8. Save it as CSV in UTF-8.`);
  const readings = DELIMITERS.map((delimiter) => readAs(text, delimiter)).filter(
    (reading) => reading !== undefined,
  );
  if (readings.length === 0)
    throw new FolderFault(`${name} has no header: its first line must name the columns.`);
  const best = readings.reduce((most, next) => (next.columns.length > most.columns.length ? next : most));
  return { ...best, length: bom + best.length };
}

function readAs(text: Buffer, delimiter: string): CsvHeader | undefined {
  try {
    const [first] = parse(text, { ...CSV_OPTIONS, delimiter, to: 1, info: true }) as unknown as {
      record: string[];
      info: { bytes: number };
    }[];
    return first && { columns: first.record, delimiter, length: first.info.bytes };
  } catch {
    return undefined;
  }
}
