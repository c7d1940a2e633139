// Staged rows become products: partition by partition, as many at once as there are lanes.

import { dropIndexForBulkLoad, hasMoreProductsThan } from '../db/bulk-load-index.ts';
import type { Database } from '../db/client.ts';
import {
  MERGE_SETUP,
  mergePartition,
  type PartitionLedger,
  type PartitionMerge,
} from '../db/merge-partition.ts';
import { takeMergeTurn } from '../db/merge-turn.ts';
import { Session } from '../db/session.ts';

export interface MergeTask extends Omit<PartitionMerge, 'partition' | 'firstLoad'> {
  /** Those that are not merged yet. */
  partitions: readonly number[];
  /** Rows that all partitions have together. */
  rows: number;
  lanes: number;
}

/**
 * Merges the partitions. On the signal the ones at work are undone; those that were done stay.
 *
 * @param onMerged told of each partition when it is in the catalogue
 * @throws StagingLostError when the database lost staged rows in a crash
 */
export async function mergeStaged(
  database: Database,
  task: MergeTask,
  onMerged: (ledger: PartitionLedger) => void,
  signal: AbortSignal,
): Promise<void> {
  await using _turn = await takeMergeTurn(database, signal);
  const { partitions, rows, lanes, ...merge } = task;
  await dropIndexForBulkLoad(database, rows);
  const firstLoad = !(await hasMoreProductsThan(database.sql, 0));
  const waiting = [...partitions];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);

  async function mergeLane(): Promise<void> {
    const session = await Session.open(database, 'loadstone merge', MERGE_SETUP);
    try {
      for (let partition = waiting.shift(); partition !== undefined; partition = waiting.shift()) {
        const next = { ...merge, firstLoad, partition };
        onMerged(await session.run(stop, (sql) => mergePartition(sql, next)));
      }
    } catch (error) {
      failed.abort(error);
      throw error;
    } finally {
      await session.close();
    }
  }

  const ended = await Promise.allSettled(Array.from({ length: Math.min(lanes, waiting.length) }, mergeLane));
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
}
