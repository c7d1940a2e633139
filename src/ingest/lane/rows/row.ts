// What a parser produces: accepted rows as byte ranges, and rejected rows with their reason.

import type { RejectionCode } from '../../../codes/row-issue-codes.ts';
import type { FieldDefaults } from '../../../db/tables.ts';
import type { ByteDialect } from '../../read/dialect.ts';
import type { KeptColumn } from '../../read/header/match-columns.ts';
import type { FileEncoding } from '../../read/text/decode-text.ts';

/** A field's value bytes[start, end), without quotes and escapes. */
export interface Field {
  bytes: Uint8Array;
  start: number;
  end: number;
}

export interface Row {
  /** The physical line on which the record starts, from 1. */
  line: number;
  sku: Field;
  name: Field;
  description: Field;
  /** The record as in the file, without its line ending. */
  record: Field;
  /** As the text of a JSON object; empty if there are none. */
  attributes: Field;
  /** Whether it was superseded in the file whose issues this file contains. Then it counts as superseded again. */
  isSuperseded: boolean;
}

export interface Rejection {
  line: number;
  code: RejectionCode;
  /** The invalid column, if it is a single one. */
  column: string | undefined;
  message: string;
  /** The record as in the file; truncated if it is very long. */
  record: Uint8Array;
  /** Number of physical lines. */
  lineCount: number;
}

/** Undefined: a valid row. BLANK: nothing, to be ignored. */
export type RowResult = Rejection | 'BLANK' | undefined;

/** Receives the rows of a parser. A row and its fields are reused for the next one: copy what must be kept. */
export interface RowSink {
  accept(row: Row): void;
  reject(rejection: Rejection): void;
  /** Whether a buffer is full. Then the parser yields. */
  readonly isFull: boolean;
}

/** The columns of a file, and the limits for its rows. */
export interface RowLayout extends ByteDialect {
  /** The header as in the file. */
  columns: string[];
  skuIndex: number;
  /** -1 if the file has no such column; then there is a default. */
  nameIndex: number;
  /** -1 if the file has no such column; then there is a default. */
  descriptionIndex: number;
  /** For blank fields. Undefined if there are none, which most files have. */
  defaults?: FieldDefaults | undefined;
  /** In characters; for an attribute too. */
  maxDescriptionLength: number;
  /** Index of the code column, if the file is an issues download that is sent back. */
  issueCodeIndex?: number | undefined;
  /** Whether rows without a name or a SKU belong to the product of a row above, as in exports of Shopify. */
  hasVariantRows?: boolean;
  /** Columns that become attributes. Undefined if there are none. */
  keptColumns?: readonly KeptColumn[] | undefined;
  /** Of the file before decoding. Default: UTF-8. */
  encoding?: FileEncoding;
}

export interface BlockParser {
  /**
   * Yields when the sink is full; continue once it was emptied. Parses one block at a time.
   *
   * @param bytes whole records with well-formed quotes
   * @param firstLine the physical line at the start of `bytes`
   */
  parse(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void>;
}

/** @returns a row for reuse */
export function emptyRow(): Row {
  return {
    line: 0,
    sku: emptyField(),
    name: emptyField(),
    description: emptyField(),
    record: emptyField(),
    attributes: emptyField(),
    isSuperseded: false,
  };
}

export function emptyField(): Field {
  return { bytes: new Uint8Array(0), start: 0, end: 0 };
}
