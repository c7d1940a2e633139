// The second half of an import: merges its staged rows into the catalogue.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { PartitionLedger } from '../../db/merge/partitions/partition-ledger.ts';
import { mergeStaged } from '../merge/merge-staged.ts';
import type { Progress } from '../progress/progress.ts';
import { columnUses } from './column-uses.ts';
import type { ImportControl, ImportWork } from './import-work.ts';
import { supersededLimit } from './issue-limits.ts';
import { beginStage } from './stage-timer.ts';
import { stagedRowsOf } from './staged-rows.ts';

/** What the merge did with the rows of the file. */
export interface MergedRows {
  rowsInserted: number;
  rowsUpdated: number;
  rowsUnchanged: number;
  rowsSuperseded: number;
  /** Of an undo. */
  rowsKept: number;
}

export interface MergeResult extends MergedRows {
  rowsDeleted: number;
  /** Products that were to be deleted when the merge began. */
  rowsMissing: number;
}

/**
 * Merges the partitions that are not merged yet.
 *
 * @param record of an import that is MERGING
 * @throws StagingLostError if the database lost staged rows in a crash; LoadstoneError DELETION_NOT_CONFIRMED; the signal's
 *   reason
 */
export async function mergeRows(
  { database, importStore, limits, telemetry }: ImportWork,
  record: ImportRecord,
  progress: Progress,
  { signal, drain, slot }: ImportControl,
): Promise<MergeResult> {
  await slot.acquire(AbortSignal.any([signal, drain]));
  const partitions = await importStore.partitions(record.id);
  const waiting = partitions.filter(({ mergedAt }) => mergedAt === null).map(({ partition }) => partition);
  const merge = mergeProgress(record, partitions, progress);

  const task = {
    ...stagedRowsOf(record),
    importNumber: record.number,
    columns: columnUses(record),
    delimiter: record.delimiter ?? ',',
    quoting: record.quoting,
    partitions: waiting,
    rows: record.rowsRead,
    lanes: limits.ingestLanes,
    sourceId: record.sourceId,
    issueLimit: supersededLimit(record, limits),
  };
  let onStageEnd = beginStage(telemetry.metrics, 'waiting');
  const rowsMissing = await mergeStaged(database, task, {
    signal,
    drain,
    onTurn: (turn) => {
      progress.report({ waitingFor: turn === 'awaited' ? 'MERGE_TURN' : null });
      if (turn === 'awaited') return;
      onStageEnd();
      onStageEnd = beginStage(telemetry.metrics, 'merging');
    },
    onShare: (mergedShare) => progress.report({ mergedShare }),
    onMerged: merge.onMerged,
    onDeleted: merge.onDeleted,
  });
  onStageEnd();
  return { ...merge.rows(), rowsMissing };
}

/** Reports the ledger while partitions are merged. */
export function mergeProgress(
  record: ImportRecord,
  partitions: readonly (PartitionLedger & { partition: number; mergedAt: Date | null })[],
  progress: Progress,
) {
  const merged = new Map<number, MergedPart>(
    partitions.map((ledger) => [ledger.partition, { ledger, share: ledger.mergedAt === null ? 0 : 1 }]),
  );
  let deletedBySource = 0;
  const rows = (): MergedRows & { rowsDeleted: number } => {
    const ledgers = [...merged.values()].map(({ ledger }) => ledger);
    return { ...mergedRows(ledgers), rowsDeleted: deletedBySource + deletedByUndo(ledgers) };
  };
  const report = () => {
    const parts = [...merged.values()];
    // What an earlier attempt has merged of a partition is not compared again.
    const share = parts.reduce((sum, part) => sum + part.share, 0) / parts.length;
    progress.report({ ...rows(), mergedShare: Math.max(record.mergedShare, share) });
  };
  report();
  return {
    rows,
    onMerged: (partition: number, ledger: PartitionLedger, share: number) => {
      merged.set(partition, { ledger, share });
      report();
    },
    onDeleted: (products: number) => {
      deletedBySource = products;
      report();
    },
  };
}

/** What is merged of a partition, and which share of it that is: 0 to 1. */
interface MergedPart {
  ledger: PartitionLedger;
  share: number;
}

/** Sums the ledgers of partitions. */
export function mergedRows(partitions: readonly Omit<PartitionLedger, 'staged'>[]): MergedRows {
  const sum = { rowsInserted: 0, rowsUpdated: 0, rowsUnchanged: 0, rowsSuperseded: 0, rowsKept: 0 };
  for (const { inserted, updated, unchanged, superseded, kept } of partitions) {
    sum.rowsInserted += inserted;
    sum.rowsUpdated += updated;
    sum.rowsUnchanged += unchanged;
    sum.rowsSuperseded += superseded;
    sum.rowsKept += kept;
  }
  return sum;
}

export function deletedByUndo(partitions: readonly Pick<PartitionLedger, 'deleted'>[]): number {
  return partitions.reduce((sum, { deleted }) => sum + deleted, 0);
}
