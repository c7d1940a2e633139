// What the main thread and a lane say to each other. Blocks cross threads, rows never do.

import type { StagedColumns, Staging } from '../../db/staging.ts';
import type { OversizedRecord } from '../read-blocks.ts';
import type { RowLayout } from './row.ts';

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

export type ToLane =
  | { type: 'open'; task: LaneTask }
  | { type: 'block'; bytes: Uint8Array<ArrayBuffer>; firstLine: number; oversized: OversizedRecord[] }
  | { type: 'finish' };

/** Rows that were read, and those among them that were rejected and written as issues. */
export interface RowCounts {
  read: number;
  rejected: number;
  padded: PaddedSkus | undefined;
}

/** SKUs that begin or end with something that cannot be seen, and the line of the first. */
export interface PaddedSkus {
  count: number;
  line: number;
}

/** Every message to a lane is answered by one of these, in order. */
export type Answer =
  | { type: 'opened' }
  /** The rows of the block that were not told before, and its buffer, given back. */
  | ({ type: 'loaded'; buffer: ArrayBuffer } & RowCounts)
  /** All rows are staged: so many in each partition. */
  | { type: 'finished'; staged: number[] }
  | { type: 'failed'; error: LaneFailure };

/** `rows`: of the block at work, told before its answer where many are rejected. */
export type FromLane = Answer | ({ type: 'rows' } & RowCounts);

/** An error as it crosses threads. `code` is Postgres' SQLSTATE or Node's, where there is one. */
export interface LaneFailure {
  message: string;
  code: string | undefined;
  stack: string | undefined;
}
