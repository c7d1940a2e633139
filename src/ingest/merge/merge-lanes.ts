// Merges partitions, as many at the same time as there are lanes.

import { mergePartition, type PartitionContent } from '../../db/merge/partitions/merge-partition.ts';
import type { PartitionLedger } from '../../db/merge/partitions/partition-ledger.ts';
import { createWorkTables, emptyWorkTable, openMergeSession } from '../../db/merge/turn/merge-session.ts';
import type { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import type { Database } from '../../db/postgres/connection/database.ts';

export interface LaneControl {
  /** Rolls back the slices in progress. */
  signal: AbortSignal;
  /** Finishes the slices in progress and starts no other. */
  drain: AbortSignal;
  /** Called with the ledger of a partition so far, and the share of it that is merged: 0 to 1. */
  onMerged: (partition: number, ledger: PartitionLedger, share: number) => void;
}

/** @throws StagingLostError if the database lost staged rows in a crash; the reason of the signal, or of the drain */
export async function mergeInLanes(
  database: Database,
  turn: MergeTurn,
  contents: readonly PartitionContent[],
  lanes: number,
  { signal, drain, onMerged }: LaneControl,
): Promise<void> {
  const waiting = [...contents];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, turn.lost, failed.signal]);

  async function mergeLane(): Promise<void> {
    const session = await openMergeSession(database);
    try {
      const [{ importId } = { importId: '' }] = contents;
      const tables = await createWorkTables(session, importId, ['changes', 'moves', 'sums']);
      for (let isFirst = true; !drain.aborted; isFirst = false) {
        const content = waiting.shift();
        if (content === undefined) return;
        if (!isFirst) await session.run(stop, (sql) => emptyWorkTable(sql, tables.changes));
        const control = {
          drain,
          onMerged: (ledger: PartitionLedger, share: number) => onMerged(content.partition, ledger, share),
        };
        const isMerged = await session.run(stop, (sql) =>
          mergePartition(sql, tables, turn, content, control),
        );
        if (!isMerged) waiting.unshift(content);
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
}
