// Messages between the main thread and a lane. Blocks are transferred between threads; rows never are.

import type { StagedColumns, Staging } from '../../db/imports/staging.ts';
import type { RecordBlock } from '../read/records/block-splitter.ts';
import type { RowLayout } from './rows/row.ts';

/** Sent once the header is known, before the first block. */
export interface LaneTask {
  staging: Staging;
  databaseUrl: string;
  /** Of the lane's connection. */
  applicationName: string;
  layout: RowLayout;
  parser: 'fast' | 'csv-parse';
  partitions: number;
  columns: StagedColumns;
  /** The memory of a `BloomFilter`, which all lanes share. */
  skus: SharedArrayBuffer;
  maxRecordBytes: number;
}

export type LaneRequest =
  | { type: 'open'; task: LaneTask }
  | ({ type: 'block' } & RecordBlock)
  | { type: 'finish' };

/** Rows that were read, and how many of them were rejected and stored as issues. */
export interface RowCounts {
  read: number;
  rejected: number;
  /** The first rejected records with many lines. */
  longRecords: LongRecord[];
  suspectSkus: SuspectSkus;
}

/** The number of such SKUs, and the line of the first. */
export interface SkuCount {
  count: number;
  line: number;
}

/** SKUs that were accepted but probably are not as intended. */
export interface SuspectSkus {
  /** With an invisible character at the start or end. */
  padded: SkuCount;
  /** Numbers in the short form of spreadsheets. */
  rounded: SkuCount;
}

/** Each request gets one reply, in order. */
export type LaneReply =
  | { type: 'opened' }
  /** The rows of the block that were not reported before, and its buffer. */
  | ({ type: 'loaded'; buffer: ArrayBuffer } & RowCounts)
  /** All rows are staged. `staged` has their number in each partition. */
  | { type: 'finished'; staged: number[]; work: LaneWork }
  | { type: 'failed'; error: LaneFailure };

/** What a lane has done for a task. Times in milliseconds since 1970. */
export interface LaneWork {
  start: number;
  end: number;
  /** Of that, the time it was not waiting for blocks. */
  busyMs: number;
  blocks: number;
}

/** `rows` reports rows of the current block before its reply, if many are rejected. */
export type LaneMessage = LaneReply | ({ type: 'rows' } & RowCounts);

/** A rejected record with so many lines that it may contain rows. */
export interface LongRecord {
  line: number;
  lineCount: number;
}

/** A serialized error. `code` is an SQLSTATE or an error code of Node, if there is one. */
export interface LaneFailure {
  message: string;
  code: string | undefined;
  stack: string | undefined;
}
