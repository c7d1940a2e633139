// Staged rows become products: partition by partition, as many at once as there are lanes.

import { dropIndexForBulkLoad, hasMoreProductsThan } from '../../db/catalogue/name-index.ts';
import {
  MERGE_SETUP,
  mergePartition,
  type PartitionLedger,
  type PartitionMerge,
} from '../../db/merge/merge-partition.ts';
import { MergeTurn } from '../../db/merge/merge-turn.ts';
import { hasClaims } from '../../db/merge/source-claims.ts';
import { replaceEmptyStatistics } from '../../db/merge/statistics.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { Session } from '../../db/postgres/connection/session.ts';
import { openRemoval } from './removal.ts';

export interface MergeTask extends Omit<PartitionMerge, 'partition' | 'firstLoad' | 'claims'> {
  /** The data source that the rows come from; null for an upload. */
  sourceId: string | null;
  /** Those that are not merged yet. */
  partitions: readonly number[];
  /** Rows that all partitions have together. */
  rows: number;
  lanes: number;
}

export interface MergeControl {
  /** Undoes the partitions at work; those that were done stay. */
  signal: AbortSignal;
  /** Lets the partitions at work be done, and begins no other. */
  drain: AbortSignal;
  /** Told when another import has the turn to merge, and when this one has it. */
  onTurn: (turn: 'awaited' | 'taken') => void;
  /** Told of each partition when it is in the catalogue. */
  onMerged: (ledger: PartitionLedger) => void;
  /** Told how many products the import has deleted so far. */
  onDeleted: (products: number) => void;
}

/**
 * Merges the partitions, then removes what the data source no longer has, where it is to be replaced.
 *
 * @returns how many products were to be deleted
 * @throws LoadstoneError DELETION_NOT_CONFIRMED
 * @throws StagingLostError when the database lost staged rows in a crash; the reason of the signal that came
 */
export async function mergeStaged(
  database: Database,
  task: MergeTask,
  { signal, drain, onTurn, onMerged, onDeleted }: MergeControl,
): Promise<number> {
  const waits = AbortSignal.any([signal, drain]);
  await using turn = await MergeTurn.take(database, () => onTurn('awaited'), waits);
  onTurn('taken');
  const { partitions, rows, lanes, sourceId, ...merge } = task;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, turn.lost, failed.signal]);
  await using removal = sourceId === null ? undefined : await openRemoval(database, turn, task, stop);
  await dropIndexForBulkLoad(database, rows);
  const firstLoad = !(await hasMoreProductsThan(database.sql, 0));
  if (!firstLoad) await replaceEmptyStatistics(database);
  const upload = (await hasClaims(database.sql)) ? ('RELEASE' as const) : undefined;
  const claims = sourceId === null ? upload : { sourceId };
  const waiting = [...partitions];

  async function mergeLane(): Promise<void> {
    const session = await Session.open(database, 'merge', MERGE_SETUP);
    try {
      while (!drain.aborted) {
        const partition = waiting.shift();
        if (partition === undefined) return;
        const next = { ...merge, firstLoad, claims, partition };
        onMerged(await session.run(stop, (sql) => mergePartition(sql, turn, next)));
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
  if (waiting.length > 0) drain.throwIfAborted();
  await removal?.remove(onDeleted, stop, drain);
  return removal?.planned ?? 0;
}
