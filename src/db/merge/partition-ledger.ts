// The ledger of one partition: what became of its staged rows.

import type postgres from 'postgres';

/** Numbers of rows. */
export interface PartitionLedger {
  staged: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
}

export interface PartitionState extends PartitionLedger {
  /** The last SKU of the slices that are merged; null before the first. */
  mergedThrough: string | null;
  mergedAt: Date | null;
}

interface PartitionKey {
  importId: string;
  partition: number;
}

/** Locks the partition's row, so that two processes never both merge it. */
export async function lockPartition(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
): Promise<PartitionState> {
  const [entry] = await tx<PartitionState[]>`
    SELECT staged, inserted, updated, unchanged, superseded, merged_through AS "mergedThrough", merged_at AS "mergedAt"
    FROM import_partitions
    WHERE import_id = ${importId} AND partition = ${partition}
    FOR UPDATE`;
  if (!entry) throw new Error(`import ${importId} has no partition ${partition}`);
  return entry;
}

/**
 * Adds a slice, whose rows end with `mergedThrough`.
 *
 * @param isFirstLoad whether the inserted products are not in product_changes
 */
export async function addSlice(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
  { inserted, updated, mergedThrough }: Pick<PartitionState, 'inserted' | 'updated' | 'mergedThrough'>,
  isFirstLoad: boolean,
): Promise<void> {
  await tx`
    UPDATE import_partitions
    SET inserted = inserted + ${inserted}, updated = updated + ${updated}, merged_through = ${mergedThrough},
      is_first_load = is_first_load OR ${isFirstLoad}
    WHERE import_id = ${importId} AND partition = ${partition}`;
}

/** Notes that the partition is merged, with the number of rows that were superseded. The others are unchanged. */
export async function completeLedger(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
  superseded: number,
): Promise<PartitionLedger> {
  const [ledger] = await tx<PartitionLedger[]>`
    UPDATE import_partitions
    SET superseded = ${superseded}, unchanged = staged - inserted - updated - ${superseded}, merged_at = now()
    WHERE import_id = ${importId} AND partition = ${partition}
    RETURNING staged, inserted, updated, unchanged, superseded`;
  if (!ledger) throw new Error(`import ${importId} has no partition ${partition}`);
  return { ...ledger };
}
