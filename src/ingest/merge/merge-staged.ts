// Merges staged rows into the catalogue.

import { dropIndexesForBulkLoad } from '../../db/catalogue/search/product-indexes.ts';
import { stagingTable } from '../../db/imports/staging.ts';
import { hasClaims } from '../../db/merge/claims/source-claims.ts';
import { isStagedForFirstLoad } from '../../db/merge/first-load/first-load.ts';
import type { PartitionMerge } from '../../db/merge/staged/compare-staged.ts';
import { stagedPartition } from '../../db/merge/staged/staged-partition.ts';
import { replaceEmptyStatistics } from '../../db/merge/statistics.ts';
import { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { isEmpty } from '../../db/postgres/is-empty.ts';
import { tryFirstLoad } from './first-load.ts';
import { type LaneControl, mergeInLanes } from './merge-lanes.ts';
import { openRemoval } from './removal.ts';

export interface MergeTask extends Omit<PartitionMerge, 'partition' | 'firstLoad' | 'claims'> {
  /** The data source that the rows come from; null for an upload. */
  sourceId: string | null;
  /** Partitions that are not merged yet. */
  partitions: readonly number[];
  /** Rows of all partitions. */
  rows: number;
  lanes: number;
}

export interface MergeControl extends LaneControl {
  /** Called when another import holds the merge turn, and when this one has it. */
  onTurn: (turn: 'awaited' | 'taken') => void;
  /** Called during a first load, with the share of the merge that is done: 0 to 1. */
  onShare: (share: number) => void;
  /** Called with the number of products deleted so far. */
  onDeleted: (products: number) => void;
}

/**
 * Merges the partitions. For a data source in mode REPLACE, it then deletes the products that the source no longer has.
 *
 * @returns how many products were to be deleted
 * @throws LoadstoneError DELETION_NOT_CONFIRMED
 * @throws StagingLostError if the database lost staged rows in a crash; the signal's reason
 */
export async function mergeStaged(
  database: Database,
  task: MergeTask,
  { signal, drain, onTurn, onShare, onMerged, onDeleted }: MergeControl,
): Promise<number> {
  const waits = AbortSignal.any([signal, drain]);
  await using turn = await MergeTurn.take(database, () => onTurn('awaited'), waits);
  onTurn('taken');
  const { partitions, rows, lanes, sourceId, ...merge } = task;
  const stop = AbortSignal.any([signal, turn.lost]);
  await using removal = sourceId === null ? undefined : await openRemoval(database, turn, task, stop);
  await dropIndexesForBulkLoad(
    database,
    rows,
    partitions.map((partition) => stagingTable(merge, partition)),
  );
  let firstLoad = await isEmpty(database.sql, 'products');
  if (!firstLoad) await replaceEmptyStatistics(database);
  const upload = (await hasClaims(database.sql)) ? ('RELEASE' as const) : undefined;
  const claims = sourceId === null ? upload : { sourceId };
  const waiting = [...partitions];
  if (firstLoad && waiting.length > 0 && (await isStagedForFirstLoad(database.sql, merge))) {
    const either = AbortSignal.any([stop, drain]);
    const ledger = await tryFirstLoad(database, turn, { ...merge, claims }, onShare, either);
    // It is the only one.
    if (ledger) for (const partition of waiting.splice(0)) onMerged(partition, ledger, 1);
    // Otherwise there may be products by now.
    firstLoad = false;
  }

  const contents = waiting.map((partition) => stagedPartition({ ...merge, firstLoad, claims, partition }));
  await mergeInLanes(database, turn, contents, lanes, { signal, drain, onMerged });
  await removal?.remove(onDeleted, stop, drain);
  return removal?.planned ?? 0;
}
