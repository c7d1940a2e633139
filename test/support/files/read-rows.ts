// Reads a whole file with the reader and a parser, and returns its rows and rejections.

import { CsvParseParser } from '../../../src/ingest/lane/parsers/csv-parse-parser.ts';
import { FastParser } from '../../../src/ingest/lane/parsers/fast-parser.ts';
import { parseBlock } from '../../../src/ingest/lane/parsers/parse-block.ts';
import type { Field, Rejection, Row } from '../../../src/ingest/lane/rows/row.ts';
import type { ReadOptions } from '../../../src/ingest/read/block-reader.ts';
import { countLineEndings } from '../../../src/ingest/read/text/line-endings.ts';
import { readChunks } from './uploads.ts';

export const PARSERS = { fast: FastParser, 'csv-parse': CsvParseParser };

interface ReadRow {
  line: number;
  name: string;
  sku: string;
  description: string;
  /** Number of physical lines of its record. */
  lineCount: number;
}

export interface ReadFile {
  rows: ReadRow[];
  rejections: (Omit<Rejection, 'record'> & { record: string })[];
}

export async function readRows(
  chunks: Buffer[],
  parser: keyof typeof PARSERS,
  options: Partial<ReadOptions> = {},
): Promise<ReadFile> {
  const { header, blocks } = await readChunks(chunks, options);
  const { quoting, skipInitialSpace, maxRecordBytes = 4 * 1024 * 1024 } = options;
  const layout = { ...header, quoting, skipInitialSpace, maxDescriptionLength: 1_000_000 };
  const read: ReadFile = { rows: [], rejections: [] };
  const parse = new PARSERS[parser](layout);
  const sink = {
    accept: (row: Row) => {
      read.rows.push({
        line: row.line,
        name: text(row.name),
        sku: text(row.sku),
        description: text(row.description),
        lineCount: 1 + countLineEndings(row.record.bytes, row.record.start, row.record.end),
      });
    },
    reject: (rejection: Rejection) => {
      read.rejections.push({ ...rejection, record: Buffer.from(rejection.record).toString() });
    },
    isFull: false,
  };
  for (const block of blocks) {
    for (const _ of parseBlock(block, parse, layout, maxRecordBytes, sink));
  }
  return read;
}

function text({ bytes, start, end }: Field): string {
  return Buffer.from(bytes.subarray(start, end)).toString();
}
