// Joins all files of the folder into one CSV file: one header, then the rows of each.

import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { CSV_OPTIONS, type CsvHeader, readCsvHeader } from './csv-header.ts';
import type { OpenFile } from './folder.ts';
import { FolderFault } from './folder-fault.ts';

const QUOTE = 0x22;
const LINE_ENDS = [0x0a, 0x0d];
const LINE_END = '\r\n';
/** Records per chunk. */
const BATCH = 1000;

interface Part {
  file: OpenFile;
  header: CsvHeader;
  /** The index in this file of each column of the first file. */
  order: number[];
}

/**
 * @returns bytes that are read on demand, which may throw FileChanged or FolderFault
 * @throws FolderFault if the files have different columns
 */
export async function joinFiles(files: OpenFile[]): Promise<AsyncGenerator<Buffer, void, undefined>> {
  const parts: Part[] = [];
  for (const file of files) {
    const header = await readCsvHeader(file);
    if (header) parts.push({ file, header, order: orderOf(header, file.state.name, parts[0]) });
  }
  return join(parts);
}

async function* join(parts: Part[]): AsyncGenerator<Buffer, void, undefined> {
  const [first] = parts;
  if (!first) return;
  const { columns, delimiter } = first.header;
  yield toBytes([columns], delimiter);
  for (const part of parts) {
    if (hasFormOf(first, part)) yield* copyRows(part);
    else yield* rewriteRows(part, delimiter);
  }
}

function orderOf(header: CsvHeader, name: string, first: Part | undefined): number[] {
  const own = header.columns.map(columnKey);
  const wanted = first?.header.columns.map(columnKey) ?? own;
  const order = wanted.map((column) => own.indexOf(column));
  if (own.length !== wanted.length || new Set(order).size !== own.length || order.includes(-1)) {
    const other = first
      ? ` while ${first.file.state.name} has ${list(first.header.columns)}`
      : ', one of them twice';
    throw new FolderFault(
      `${name} has the columns ${list(header.columns)}${other}. Give all files the same columns; their order does not matter.`,
    );
  }
  return order;
}

function hasFormOf(first: Part, { header, order }: Part): boolean {
  return header.delimiter === first.header.delimiter && order.every((place, index) => place === index);
}

/** Copies the rows byte for byte. */
async function* copyRows({ file, header }: Part): AsyncGenerator<Buffer, void, undefined> {
  let quotes = 0;
  let last = LINE_END.charCodeAt(0);
  for await (const chunk of file.chunks(header.length)) {
    for (let at = chunk.indexOf(QUOTE); at >= 0; at = chunk.indexOf(QUOTE, at + 1)) quotes++;
    last = chunk.at(-1) ?? last;
    yield chunk;
  }
  // Else the next file would become part of the last row.
  if (quotes % 2 !== 0)
    throw new FolderFault(
      `${file.state.name} has a quote that is never closed. Close it, or double it within quotes.`,
    );
  if (!LINE_ENDS.includes(last)) yield Buffer.from(LINE_END);
}

/** Writes the rows with the column order and the delimiter of the first file. */
async function* rewriteRows(
  { file, header, order }: Part,
  delimiter: string,
): AsyncGenerator<Buffer, void, undefined> {
  const parser = parse({ ...CSV_OPTIONS, delimiter: header.delimiter });
  const source = Readable.from(file.chunks(header.length), { objectMode: false });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    let batch: string[][] = [];
    for await (const record of parser as AsyncIterable<string[]>) {
      // A wrong number of fields is left for the import to report.
      batch.push(record.length === order.length ? order.map((place) => record[place] ?? '') : record);
      if (batch.length < BATCH) continue;
      yield toBytes(batch, delimiter);
      batch = [];
    }
    yield toBytes(batch, delimiter);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))) throw error;
    throw new FolderFault(`${file.state.name} is not well-formed CSV: ${error.message}.`);
  } finally {
    source.destroy();
  }
}

function toBytes(records: string[][], delimiter: string): Buffer {
  const text = stringify(records, { delimiter, record_delimiter: LINE_END, quoted_match: /[\r\n]/ });
  return Buffer.from(text, 'latin1');
}

/** What columns are compared by. Of bytes as characters, trim and toLowerCase would change parts of others. */
function columnKey(column: string): string {
  return textOf(column).trim().toLowerCase();
}

/** @param column each character a byte */
function textOf(column: string): string {
  const bytes = Buffer.from(column, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : column;
}

function list(columns: string[]): string {
  return columns.map((column) => JSON.stringify(textOf(column))).join(', ');
}
