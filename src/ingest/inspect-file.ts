// Looks into a file before it is imported: how it would be read, and its first rows. Imports nothing, leaves nothing behind,
// and reads no more of the file than it needs.

import type { Readable } from 'node:stream';
import type { RejectionCode } from '../codes/row-issue-codes.ts';
import type { ImportWarning, MappedColumn } from '../db/tables.ts';
import { LoadstoneError } from '../errors.ts';
import { shorten } from '../shorten.ts';
import { layoutOf } from './lane/lane-task.ts';
import { FastParser } from './lane/parsers/fast-parser.ts';
import { parseBlock } from './lane/parsers/parse-block.ts';
import type { Field, Rejection, Row, RowLayout, RowSink } from './lane/rows/row.ts';
import { isPadded, isRounded } from './lane/rows/suspect-sku.ts';
import { SuspectSkuCounter } from './lane/suspect-skus.ts';
import { type Block, type BlockReader, openBlockReader } from './read/block-reader.ts';
import type { Dialect } from './read/dialect.ts';
import type { UnpackLimits } from './read/format/bound-unpacked.ts';
import type { Format } from './read/format/detect-format.ts';
import type { ColumnOptions } from './read/header/match-columns.ts';
import { suggestMapping } from './read/header/suggest-mapping.ts';
import { splitFields } from './read/records/split-record.ts';
import { decodeBreaks } from './read/text/coded-breaks.ts';
import { Warnings } from './read/warnings.ts';
import { type TransientStorage, TransientUpload } from './spool/transient-upload.ts';

export interface FileInspection {
  format: Format;
  encoding: string;
  delimiter: string;
  columns: string[];
  suggestedMapping: MappedColumn[];
  /** Names of the attributes that columns would become. */
  keptColumns: string[];
  /** What is wrong with the columns; null if an import with these options would read them. */
  error: { code: LoadstoneError['code']; message: string } | null;
  rows: InspectedRow[];
  warnings: ImportWarning[];
}

export interface InspectedRow {
  line: number;
  /** Of all columns, each shortened; the whole record if it cannot be split. */
  values: string[];
  /** Why an import would reject the row. */
  issue: { code: RejectionCode; message: string } | null;
}

export interface InspectedFile {
  stream: Readable;
  /** An upper bound of its size, if it is known. */
  sizeHint: number | undefined;
}

export interface InspectionLimits extends UnpackLimits {
  maxRecordBytes: number;
  maxDescriptionLength: number;
}

export type InspectFile = (file: InspectedFile, options: Dialect & ColumnOptions) => Promise<FileInspection>;

const ROWS = 20;
const BLOCK_BYTES = 64 * 1024;
/** Of a value that is shown. */
const MAX_VALUE_CHARACTERS = 1000;
/** How much is read, before and after decompression, in search of a header and rows. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** Ends the reading of a file in which no more is found. */
class EnoughReadError extends Error {}

/**
 * @param storage for archives, which can only be read once they have arrived whole
 * @throws LoadstoneError for a file that cannot be read, as an import of it would fail, except for faults of its columns;
 *   SPOOL_FULL, SPOOL_UNAVAILABLE; the stream's error
 */
export async function inspectFile(
  { stream, sizeHint }: InspectedFile,
  options: Dialect & ColumnOptions,
  limits: InspectionLimits,
  storage: TransientStorage,
): Promise<FileInspection> {
  const upload = new TransientUpload(stream, sizeHint ?? 0, storage);
  let warnings: ImportWarning[] = [];
  const noted = new Warnings([], (all) => {
    warnings = all;
  });
  let fault: LoadstoneError | undefined;
  try {
    await using reader = await openReader(upload, {
      ...options,
      maxRecordBytes: limits.maxRecordBytes,
      unpackLimits: limits,
      blockBytes: BLOCK_BYTES,
      onWarning: (warning) => noted.add(warning),
      onHeaderFault: (found) => {
        fault = found;
      },
    });
    const { header, encoding, format } = reader;
    const rows = new FirstRows(layoutOf(reader, options.defaults, limits), header.skuIndex < 0);
    await readRows(reader, rows, limits);
    for (const warning of [...rows.warnings(), ...reader.sheetWarnings()]) noted.add(warning);
    return {
      format,
      encoding: encoding.name,
      delimiter: String.fromCharCode(header.delimiter),
      columns: header.columns,
      suggestedMapping: fault ? suggestMapping(header) : header.mapping,
      keptColumns: header.keptColumns.map(({ name }) => name),
      error: fault ? { code: fault.code, message: fault.message } : null,
      rows: rows.first(),
      warnings,
    };
  } finally {
    stream.destroy();
  }
}

async function openReader(
  upload: TransientUpload,
  options: Parameters<typeof openBlockReader>[2],
): Promise<BlockReader> {
  const source = {
    async *follow() {
      for await (const chunk of upload.follow()) {
        yield chunk;
        if (upload.bytes > MAX_READ_BYTES) throw new EnoughReadError();
      }
    },
    openComplete: () => upload.openComplete(),
  };
  try {
    return await openBlockReader(source, '', options);
  } catch (error) {
    if (!(error instanceof EnoughReadError)) throw error;
    const message = `The first ${MAX_READ_BYTES} bytes of the file have no header. Remove what precedes it.`;
    throw new LoadstoneError('HEADER_TOO_LARGE', message);
  }
}

async function readRows(reader: BlockReader, rows: FirstRows, limits: InspectionLimits): Promise<void> {
  let bytes = 0;
  try {
    for await (const block of reader) {
      rows.read(block, limits.maxRecordBytes);
      bytes += block.bytes.length;
      if (rows.areEnough || bytes > MAX_READ_BYTES) return;
    }
  } catch (error) {
    if (!(error instanceof EnoughReadError)) throw error;
  }
}

/** Parses rows as an import does, and keeps the first of them. */
class FirstRows implements RowSink {
  readonly isFull = false;
  readonly #layout: RowLayout;
  readonly #parser: FastParser;
  readonly #hasNoSku: boolean;
  readonly #accepted: InspectedRow[] = [];
  readonly #rejected: InspectedRow[] = [];
  readonly #suspectSkus = new SuspectSkuCounter();

  /** @param hasNoSku whether the header names no column for the SKU: that is no fault of the rows */
  constructor(layout: RowLayout, hasNoSku: boolean) {
    // Nor are fields whose column is not known yet.
    const unknown = {
      ...(layout.nameIndex < 0 && { name: '?' }),
      ...(layout.descriptionIndex < 0 && { description: '' }),
    };
    this.#layout = { ...layout, defaults: { ...unknown, ...layout.defaults } };
    this.#parser = new FastParser(this.#layout);
    this.#hasNoSku = hasNoSku;
  }

  get areEnough(): boolean {
    return this.#accepted.length + this.#rejected.length >= ROWS;
  }

  read(block: Block, maxRecordBytes: number): void {
    for (const _ of parseBlock(block, this.#parser, this.#layout, maxRecordBytes, this));
  }

  accept({ line, record, sku }: Row): void {
    if (this.#accepted.length >= ROWS) return;
    this.#accepted.push(this.#row(line, textOf(record), null));
    const count = (found: boolean) => ({
      count: found ? 1 : 0,
      line: found ? line : Number.POSITIVE_INFINITY,
    });
    this.#suspectSkus.add({ padded: count(isPadded(sku)), rounded: count(isRounded(sku)) });
  }

  reject({ line, code, message, record }: Rejection): void {
    if (this.#rejected.length >= ROWS) return;
    const issue = this.#hasNoSku && code === 'BLANK_SKU' ? null : { code, message };
    this.#rejected.push(this.#row(line, Buffer.from(record).toString(), issue));
  }

  first(): InspectedRow[] {
    return [...this.#accepted, ...this.#rejected].toSorted((a, b) => a.line - b.line).slice(0, ROWS);
  }

  warnings(): ImportWarning[] {
    return this.#suspectSkus.warnings();
  }

  #row(line: number, record: string, issue: InspectedRow['issue']): InspectedRow {
    const { delimiter, quoting = 'STANDARD', skipInitialSpace = false } = this.#layout;
    const dialect = { delimiter: String.fromCharCode(delimiter), quoting, skipInitialSpace };
    const fields = splitFields(record, dialect) ?? [record];
    const values = this.#layout.hasCodedBreaks ? fields.map(decodeBreaks) : fields;
    return { line, values: values.map((value) => shorten(value, MAX_VALUE_CHARACTERS)), issue };
  }
}

function textOf({ bytes, start, end }: Field): string {
  return Buffer.from(bytes.subarray(start, end)).toString();
}
