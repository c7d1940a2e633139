// What the main thread and a lane say to each other. Blocks cross threads, rows never do.

import type { Staging } from '../../db/staging.ts';
import type { RecordBlock } from '../block-cutter.ts';
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
  /** Whether the staging tables have the record as the file has it. */
  withRecord: boolean;
  maxRecordBytes: number;
}

export type ToLane =
  | { type: 'open'; task: LaneTask }
  | ({ type: 'block' } & RecordBlock)
  | { type: 'finish' };

/** How many SKUs, and the line of the first. */
export interface NotedSkus {
  count: number;
  line: number;
}

/** SKUs that were taken, and may not be what was meant. */
export interface OddSkus {
  /** They begin or end with something that cannot be seen. */
  padded: NotedSkus;
  /** They are numbers as spreadsheets shorten them. */
  rounded: NotedSkus;
}

/** Every message to a lane is answered by one of these, in order. */
export type FromLane =
  | { type: 'opened' }
  /** Rows of the block, and its buffer, given back. */
  | {
      type: 'loaded';
      read: number;
      rejected: number;
      long: LongRecord[];
      odd: OddSkus;
      buffer: ArrayBuffer;
    }
  /** All rows are staged: so many in each partition. */
  | { type: 'finished'; staged: number[] }
  | { type: 'failed'; error: LaneFailure };

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
