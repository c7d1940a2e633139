// The ledger of one partition: what became of its staged rows.

import type postgres from 'postgres';
import type { SupersededCounts } from '../superseded/superseded-issues.ts';

/** Numbers of rows; of an undo, of products. */
export interface PartitionLedger {
  staged: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  /** Of an undo; otherwise 0. */
  deleted: number;
  /** Of an undo: products that were left alone. */
  kept: number;
}

export interface PartitionState extends PartitionLedger {
  /** The last SKU of the slices that are merged; null before the first. */
  mergedThrough: string | null;
  mergedAt: Date | null;
}

export interface PartitionKey {
  importId: string;
  partition: number;
}

const LEDGER = 'staged, inserted, updated, unchanged, superseded, deleted, kept';

/** Locks the partition's row, so that two processes never both merge it. */
export async function lockPartition(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
): Promise<PartitionState> {
  const [entry] = await tx<PartitionState[]>`
    SELECT ${tx.unsafe(LEDGER)}, merged_through AS "mergedThrough", merged_at AS "mergedAt"
    FROM import_partitions
    WHERE import_id = ${importId} AND partition = ${partition}
    FOR UPDATE`;
  if (!entry) throw new Error(`import ${importId} has no partition ${partition}`);
  return entry;
}

type SliceOfLedger = Pick<PartitionState, 'inserted' | 'updated' | 'mergedThrough'> &
  Partial<Pick<PartitionState, 'deleted' | 'kept'>>;

/**
 * Adds a slice, whose rows end with `mergedThrough`.
 *
 * @param isFirstLoad whether the inserted products are not in product_changes
 */
export async function addSlice(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
  { inserted, updated, deleted = 0, kept = 0, mergedThrough }: SliceOfLedger,
  isFirstLoad: boolean,
): Promise<PartitionLedger> {
  const [ledger] = await tx<PartitionLedger[]>`
    UPDATE import_partitions
    SET inserted = inserted + ${inserted}, updated = updated + ${updated}, deleted = deleted + ${deleted},
      kept = kept + ${kept}, merged_through = ${mergedThrough}, is_first_load = is_first_load OR ${isFirstLoad}
    WHERE import_id = ${importId} AND partition = ${partition}
    RETURNING ${tx.unsafe(LEDGER)}`;
  if (!ledger) throw new Error(`import ${importId} has no partition ${partition}`);
  return { ...ledger };
}

/**
 * Notes that the partition is merged, with the rows that were superseded. Those that are left are unchanged.
 */
export async function completeLedger(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
  { superseded, kept }: SupersededCounts,
): Promise<PartitionLedger> {
  const [ledger] = await tx<PartitionLedger[]>`
    UPDATE import_partitions
    SET superseded = ${superseded}, superseded_kept = ${kept < superseded ? kept : null}, unchanged = staged - inserted - updated - deleted - kept - ${superseded},
      merged_at = now()
    WHERE import_id = ${importId} AND partition = ${partition}
    RETURNING ${tx.unsafe(LEDGER)}`;
  if (!ledger) throw new Error(`import ${importId} has no partition ${partition}`);
  return { ...ledger };
}
