// Merges one partition of an import's staged rows into the catalogue.
//
// One transaction compares the staged rows with the catalogue, which locks nothing. Short ones then write the differences,
// slice by slice in the order of SKU, so that nobody waits for long who edits a product or a name count meanwhile. Each
// commits its products, counts, claims and part of the ledger together, and notes how far it came.

import type postgres from 'postgres';
import { comparePartition, type PartitionMerge } from './compare-partition.ts';
import { mergeSlice } from './merge-slice.ts';
import type { MergeTurn } from './merge-turn.ts';
import { addSlice, completeLedger, lockPartition, type PartitionLedger } from './partition-ledger.ts';
import { type LockedAt, SliceSize } from './slice-size.ts';
import { insertSupersededIssues } from './superseded-issues.ts';

/** Prepares a session for merging. Commits need not wait for the disk: the one that ends the import makes all durable. */
export const MERGE_SETUP = `
  SET work_mem = '128MB';
  SET temp_buffers = '64MB';
  SET synchronous_commit = off;
  CREATE TEMP TABLE merge_changes (
    position bigint PRIMARY KEY, outcome text,
    sku text COLLATE "C", name text COLLATE "C", description text, line bigint, next_line bigint, record text,
    old_name text COLLATE "C", old_description text, old_updated_at timestamptz, old_changed_by integer,
    old_attributes jsonb, attributes jsonb
  );
  CREATE TEMP TABLE merge_moves (name text COLLATE "C", change bigint) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE merge_counts (name text COLLATE "C", change bigint) ON COMMIT DELETE ROWS`;

export interface PartitionControl {
  /** Returns after the slice in progress. */
  drain: AbortSignal;
  /** Called with the ledger so far, and the share of the partition that is merged: 0 to 1. */
  onMerged: (ledger: PartitionLedger, share: number) => void;
}

/**
 * Merges what is not merged yet of a partition.
 *
 * @param sql a session that started with `MERGE_SETUP`
 * @returns whether all of it is merged; false if it was drained before
 * @throws StagingLostError if staged rows are missing; then nothing is written
 */
export async function mergePartition(
  sql: postgres.Sql,
  turn: MergeTurn,
  merge: PartitionMerge,
  { drain, onMerged }: PartitionControl,
): Promise<boolean> {
  const compared = await comparePartition(sql, turn, merge);
  if ('ledger' in compared) {
    onMerged(compared.ledger, 1);
    return true;
  }
  const { changes } = compared;
  const size = new SliceSize();
  for (let first = 1; ; ) {
    if (drain.aborted) return false;
    const slice = { first, last: first + size.rows - 1 };
    const isLast = slice.last >= changes;
    let lockedAt: LockedAt | undefined;
    const ledger = await sql.begin(async (tx) => {
      await turn.hold(tx);
      const { mergedAt, mergedThrough, ...before } = await lockPartition(tx, merge);
      if (mergedAt) return before;
      const superseded = isLast
        ? await insertSupersededIssues(tx, merge.importId, SUPERSEDED, merge.winner)
        : 0;
      const written = await mergeSlice(tx, slice, merge);
      lockedAt = written.lockedAt;
      await addSlice(
        tx,
        merge,
        { ...written, mergedThrough: written.last ?? mergedThrough },
        merge.firstLoad,
      );
      if (isLast) return completeLedger(tx, merge, superseded);
      const { inserted, updated } = written;
      return { ...before, inserted: before.inserted + inserted, updated: before.updated + updated };
    });
    onMerged(ledger, isLast ? 1 : slice.last / changes);
    if (isLast) return true;
    if (lockedAt) size.adapt(lockedAt);
    first = slice.last + 1;
  }
}

const SUPERSEDED = `(SELECT * FROM merge_changes WHERE outcome = 'SUPERSEDED')`;
