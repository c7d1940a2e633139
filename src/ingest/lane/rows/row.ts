// What a parser hands over: accepted rows as ranges of bytes, rejected ones with their reason.

import type { RejectionCode } from '../../../codes/row-issue-codes.ts';
import type { ByteDialect } from '../../read/dialect.ts';
import type { FileEncoding } from '../../read/text/decode-text.ts';

/** A field's value, quotes and escapes already undone: bytes[start, end). */
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
  /** The record as the file has it, without its line end. */
  record: Field;
  /** Whether it was superseded in the file from whose issues it comes: it counts as that, and becomes no product. */
  isSuperseded: boolean;
}

export interface Rejection {
  line: number;
  code: RejectionCode;
  /** The column at fault, where it is one. */
  column: string | undefined;
  message: string;
  /** The record's bytes as the file has them; its beginning if it is very long. */
  record: Uint8Array;
  /** Physical lines that the record spans, 1 or more. */
  lineCount: number;
}

/** Takes what a parser finds. A row and its fields are reused for the next one: copy what must stay. */
export interface RowSink {
  accept(row: Row): void;
  reject(rejection: Rejection): void;
  /** Whether it holds as many rejections as it may: the parser pauses then. */
  readonly isFull: boolean;
}

/** Where the columns of this file stand, and the limits its rows must keep. */
export interface RowLayout extends ByteDialect {
  /** The header as the file has it. */
  columns: string[];
  skuIndex: number;
  nameIndex: number;
  descriptionIndex: number;
  /** Of a description, in characters. */
  maxDescriptionLength: number;
  /** Of a file that is a download of issues: where the code stands in its rows. */
  issueCodeIndex?: number | undefined;
  /** Of the file, before it was decoded; UTF-8 if it is not given. */
  encoding?: FileEncoding;
}

/** Reads the records of a block; the fast parser and csv-parse are both one. */
export interface BlockParser {
  /**
   * Pauses where the sink is full, to go on when that has been emptied. One block at a time.
   *
   * @param bytes whole records, their quotes without fault
   * @param firstLine the physical line on which the block starts
   */
  parse(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void>;
}

/** @returns a row to be filled again and again */
export function emptyRow(): Row {
  return {
    line: 0,
    sku: emptyField(),
    name: emptyField(),
    description: emptyField(),
    record: emptyField(),
    isSuperseded: false,
  };
}

export function emptyField(): Field {
  return { bytes: new Uint8Array(0), start: 0, end: 0 };
}
