// The way of an undo: counts what the import has changed, then takes it back, as partitions of a merge.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import { hasClaims } from '../../db/merge/claims/source-claims.ts';
import { replaceEmptyStatistics } from '../../db/merge/statistics.ts';
import { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import { type UndoneImport, undoneImport } from '../../db/merge/undo/changed-products.ts';
import { countChanges, undoPartition } from '../../db/merge/undo/undo-partition.ts';
import { Session } from '../../db/postgres/connection/session.ts';
import { LoadstoneError } from '../../errors.ts';
import { mergeInLanes } from '../merge/merge-lanes.ts';
import { tryUndoFirstLoad } from '../merge/undo-first-load.ts';
import type { Progress } from '../progress/progress.ts';
import type { ImportControl, ImportWork } from './import-work.ts';
import { type MergeResult, mergeProgress } from './merge-rows.ts';
import { beginStage } from './stage-timer.ts';

/** Products of the largest partition, and of the largest undo with a single one. */
const PARTITION_PRODUCTS = 600_000;
const SINGLE_PARTITION_PRODUCTS = 20_000;

/**
 * Fixes how many products of each partition there are to take back.
 *
 * @returns the undo, which is MERGING now
 * @throws LoadstoneError FORMER_VALUES_GONE; the signal's reason
 */
export async function planUndo(
  { database, importStore, owner, limits }: ImportWork,
  record: ImportRecord,
  progress: Progress,
  { signal, drain, slot }: ImportControl,
): Promise<ImportRecord> {
  const stop = AbortSignal.any([signal, drain]);
  await slot.acquire(stop);
  const undone = await undoneBy(database.sql, record);
  const { changed } = undone;
  const partitions =
    changed <= SINGLE_PARTITION_PRODUCTS
      ? 1
      : Math.max(limits.ingestLanes, Math.ceil(changed / PARTITION_PRODUCTS));
  const session = await Session.open(database, 'merge', '');
  const counts = await session
    .run(stop, (sql) => countChanges(sql, undone, partitions))
    .finally(() => session.close());
  const found = counts.reduce((sum, products) => sum + products, 0);
  if (found !== changed) throw formerValuesGone();
  progress.report({ rowsRead: changed });
  await progress.flush();
  const merging = await importStore.beginMerging(record.id, owner, counts);
  progress.setWritten(merging);
  return merging;
}

/**
 * Takes back what is not taken back yet.
 *
 * @param record of an undo that is MERGING
 * @throws the signal's reason
 */
export async function undoRows(
  { database, importStore, limits, telemetry }: ImportWork,
  record: ImportRecord,
  progress: Progress,
  { signal, drain, slot }: ImportControl,
): Promise<MergeResult> {
  const waits = AbortSignal.any([signal, drain]);
  await slot.acquire(waits);
  const undone = await undoneBy(database.sql, record);
  const partitions = await importStore.partitions(record.id);
  const merge = mergeProgress(record, partitions, progress);
  const onTurn = beginStage(telemetry.metrics, 'waiting');
  await using turn = await MergeTurn.take(
    database,
    () => progress.report({ waitingFor: 'MERGE_TURN' }),
    waits,
  );
  onTurn();
  const onMerged = beginStage(telemetry.metrics, 'merging');
  progress.report({ waitingFor: null });
  await replaceEmptyStatistics(database);
  const undo = {
    importId: record.id,
    importNumber: record.number,
    undone,
    partitions: partitions.length,
    hasClaims: await hasClaims(database.sql),
  };
  if (undone.isFirstLoad) {
    const ledgers = await tryUndoFirstLoad(
      database,
      turn,
      undo,
      (mergedShare) => progress.report({ mergedShare }),
      waits,
    );
    if (ledgers) {
      for (const [partition, ledger] of ledgers.entries()) merge.onMerged(partition, ledger, 1);
      onMerged();
      return { ...merge.rows(), rowsMissing: 0 };
    }
  }
  const contents = partitions
    .filter(({ mergedAt }) => mergedAt === null)
    .map(({ partition }) => undoPartition({ ...undo, partition }));
  await mergeInLanes(database, turn, contents, limits.ingestLanes, {
    signal,
    drain,
    onMerged: merge.onMerged,
  });
  onMerged();
  return { ...merge.rows(), rowsMissing: 0 };
}

async function undoneBy(sql: ImportWork['database']['sql'], { undoes }: ImportRecord): Promise<UndoneImport> {
  const undone = undoes === null ? undefined : await undoneImport(sql, undoes);
  if (!undone) throw new Error(`the import ${undoes} is missing`);
  return undone;
}

function formerValuesGone(): LoadstoneError {
  return new LoadstoneError(
    'FORMER_VALUES_GONE',
    'Some of what the import changed is no longer known: it is from before this was recorded, or older than HISTORY_DAYS. Nothing was undone. To get former values back, import a file that has them.',
  );
}
