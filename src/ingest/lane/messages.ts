// What the main thread and a lane say to each other. Blocks cross threads, rows never do.

import type { StagedColumns, Staging } from '../../db/imports/staging.ts';
import type { RecordBlock } from '../read/records/block-splitter.ts';
import type { RowLayout } from './rows/row.ts';

/** Given once the header is known, before the first block. */
export interface LaneTask {
  staging: Staging;
  databaseUrl: string;
  /** Of its connection, for `pg_stat_activity`. */
  applicationName: string;
  layout: RowLayout;
  parser: 'fast' | 'csv-parse';
  partitions: number;
  columns: StagedColumns;
  maxRecordBytes: number;
}

export type LaneRequest =
  | { type: 'open'; task: LaneTask }
  | ({ type: 'block' } & RecordBlock)
  | { type: 'finish' };

/** Rows that were read, and those among them that were rejected and written as issues. */
export interface RowCounts {
  read: number;
  rejected: number;
  /** Rejected records of many lines, the first ones. */
  longRecords: LongRecord[];
  suspectSkus: SuspectSkus;
}

/** How many SKUs, and the line of the first. */
export interface SkuCount {
  count: number;
  line: number;
}

/** SKUs that were taken, and may not be what was meant. */
export interface SuspectSkus {
  /** They begin or end with something that cannot be seen. */
  padded: SkuCount;
  /** They are numbers as spreadsheets shorten them. */
  rounded: SkuCount;
}

/** Every message to a lane is answered by one of these, in order. */
export type LaneReply =
  | { type: 'opened' }
  /** The rows of the block that were not told before, and its buffer, given back. */
  | ({ type: 'loaded'; buffer: ArrayBuffer } & RowCounts)
  /** All rows are staged: so many in each partition. */
  | { type: 'finished'; staged: number[] }
  | { type: 'failed'; error: LaneFailure };

/** `rows`: of the block at work, told before its answer where many are rejected. */
export type LaneMessage = LaneReply | ({ type: 'rows' } & RowCounts);

/** A rejected record of more lines than damage usually costs. */
export interface LongRecord {
  line: number;
  lineCount: number;
}

/** An error as it crosses threads. `code` is Postgres' SQLSTATE or Node's, where there is one. */
export interface LaneFailure {
  message: string;
  code: string | undefined;
  stack: string | undefined;
}
