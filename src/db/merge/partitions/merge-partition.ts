// Merges one partition of an import into the catalogue.
//
// One transaction compares what the partition brings with the catalogue, which locks nothing. Short ones then write the
// differences, slice by slice in the order of SKU, so that nobody waits for long who edits a product or a name count
// meanwhile. Each commits its products, counts, claims and part of the ledger together, and notes how far it came.

import type postgres from 'postgres';
import { inSpan } from '../../../telemetry/tracing.ts';
import { nextSlice, type Slice, type SliceTables, type WrittenSlice } from '../slices/slice.ts';
import { type LockedAt, SliceSize } from '../slices/slice-size.ts';
import type { SupersededCounts } from '../superseded/superseded-issues.ts';
import type { MergeTurn } from '../turn/merge-turn.ts';
import {
  addSlice,
  completeLedger,
  lockPartition,
  type PartitionKey,
  type PartitionLedger,
  type PartitionState,
} from './partition-ledger.ts';

/** What a partition brings: staged rows, or what an undo restores. */
export interface PartitionContent extends PartitionKey {
  /** Whether inserted products are not noted in product_changes. */
  firstLoad: boolean;
  /**
   * Fills `changes`, which is empty, with the differences, except for SKUs that are merged.
   *
   * @returns the number of its rows
   */
  compare(
    tx: postgres.TransactionSql,
    tables: SliceTables,
    state: Pick<PartitionState, 'staged' | 'mergedThrough'>,
  ): Promise<number>;
  write(tx: postgres.TransactionSql, slice: Slice): Promise<WrittenSlice>;
  /**
   * Runs with the last slice.
   *
   * @returns how many rows are superseded
   */
  complete(tx: postgres.TransactionSql): Promise<SupersededCounts>;
}

export interface PartitionControl {
  /** Returns after the slice in progress. */
  drain: AbortSignal;
  /** Called with the ledger so far, and the share of the partition that is merged: 0 to 1. */
  onMerged: (ledger: PartitionLedger, share: number) => void;
}

/**
 * Merges what is not merged yet of a partition.
 *
 * @param sql of the session that has the tables, which are empty
 * @returns whether all of it is merged; false if it was drained before
 * @throws StagingLostError if staged rows are missing; then nothing is written
 */
export async function mergePartition(
  sql: postgres.Sql,
  tables: SliceTables,
  turn: MergeTurn,
  content: PartitionContent,
  { drain, onMerged }: PartitionControl,
): Promise<boolean> {
  const compared = await compare(sql, tables, turn, content);
  if ('ledger' in compared) {
    onMerged(compared.ledger, 1);
    return true;
  }
  const { changes } = compared;
  const size = new SliceSize();
  let after = '';
  for (let done = 0; ; ) {
    if (drain.aborted) return false;
    const slice = await nextSlice(sql, tables, after, size.rows);
    const isLast = slice.through === undefined;
    let lockedAt: LockedAt | undefined;
    const attributes = { ...placeOf(content), 'loadstone.slice.first': done + 1 };
    const write = async (tx: postgres.TransactionSql) => {
      await turn.hold(tx);
      const { mergedAt, mergedThrough, ...before } = await lockPartition(tx, content);
      if (mergedAt) return before;
      const superseded = isLast && (await inSpan('store superseded rows', {}, () => content.complete(tx)));
      const written = await content.write(tx, slice);
      lockedAt = written.lockedAt;
      done += written.rows;
      const merged = { ...written, mergedThrough: written.last ?? mergedThrough };
      const ledger = await addSlice(tx, content, merged, content.firstLoad);
      return superseded ? completeLedger(tx, content, superseded) : ledger;
    };
    const ledger = await inSpan(
      'write slice',
      attributes,
      () => sql.begin(write) as Promise<PartitionLedger>,
    );
    onMerged(ledger, isLast ? 1 : done / changes);
    if (slice.through === undefined) return true;
    if (lockedAt) size.adapt(lockedAt);
    after = slice.through;
  }
}

function placeOf({ partition }: PartitionKey) {
  return { 'loadstone.partition': partition };
}

type Comparison = { changes: number } | { ledger: PartitionLedger };

/** @returns the ledger if the partition is merged already */
function compare(
  sql: postgres.Sql,
  tables: SliceTables,
  turn: MergeTurn,
  content: PartitionContent,
): Promise<Comparison> {
  const work = async (tx: postgres.TransactionSql): Promise<Comparison> => {
    await turn.hold(tx);
    const { mergedAt, mergedThrough, ...ledger } = await lockPartition(tx, content);
    if (mergedAt) return { ledger };
    return { changes: await content.compare(tx, tables, { staged: ledger.staged, mergedThrough }) };
  };
  return inSpan('compare partition', placeOf(content), () => sql.begin(work) as Promise<Comparison>);
}
