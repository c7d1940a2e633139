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

interface PartitionKey {
  importId: string;
  partition: number;
}

/** Locks the partition's row, so that two processes never both merge it. */
export async function lockPartition(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
): Promise<PartitionLedger & { mergedAt: Date | null }> {
  const [entry] = await tx<(PartitionLedger & { mergedAt: Date | null })[]>`
    SELECT staged, inserted, updated, unchanged, superseded, merged_at AS "mergedAt" FROM import_partitions
    WHERE import_id = ${importId} AND partition = ${partition}
    FOR UPDATE`;
  if (!entry) throw new Error(`import ${importId} has no partition ${partition}`);
  return entry;
}

/** Notes that the partition is merged. */
export async function writeLedger(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
  { inserted, updated, unchanged, superseded }: PartitionLedger,
): Promise<void> {
  await tx`
    UPDATE import_partitions
    SET inserted = ${inserted}, updated = ${updated}, unchanged = ${unchanged}, superseded = ${superseded},
      merged_at = now()
    WHERE import_id = ${importId} AND partition = ${partition}`;
}
