// Computes what the merge of staged rows would do, in as many partitions at the same time as there are lanes. It needs no
// merge turn, and changes nothing.

import { largestMoves, passMoves } from '../../db/merge/preview/name-moves.ts';
import { type PartitionPreview, previewPartition } from '../../db/merge/preview/preview-partition.ts';
import { firstSamples } from '../../db/merge/preview/preview-samples.ts';
import { PREVIEW_SETUP } from '../../db/merge/preview/preview-setup.ts';
import { type SharedSnapshot, takeSharedSnapshot } from '../../db/merge/preview/shared-snapshot.ts';
import type { StagedPartition } from '../../db/merge/staged/staged-comparison.ts';
import { separateSuperseded } from '../../db/merge/superseded/separate-superseded.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { Session } from '../../db/postgres/connection/session.ts';
import type { ImportPreview } from '../../db/tables.ts';

/** What the merge would do, of all rows that are staged. */
export type StagedPreview = PartitionPreview & Omit<ImportPreview, 'rows'>;

export interface PreviewTask extends Omit<StagedPartition, 'partition'> {
  /** The number of rows of each partition. */
  staged: readonly number[];
  lanes: number;
}

/** @throws StagingLostError if the database lost staged rows in a crash; the signal's reason */
export async function previewStaged(
  database: Database,
  task: PreviewTask,
  signal: AbortSignal,
): Promise<StagedPreview> {
  await using sessions = new AsyncDisposableStack();
  const [main, ...lanes] = await openAll(database, 1 + Math.min(task.lanes, task.staged.length), sessions);
  if (!main) throw new Error('there is no session');
  await inLanes(lanes, task, signal, (sql, rows) => sql.begin((tx) => separateSuperseded(tx, rows)));
  return await main.run(signal, (sql) =>
    takeSharedSnapshot(sql, async (tx, snapshot) => {
      const partitions = await previewPartitions(lanes, snapshot, task, signal);
      for (const lane of lanes) await lane.run(signal, (from) => passMoves(from, tx));
      return { asOf: snapshot.asOf, ...partitions, ...(await largestMoves(tx, snapshot)) };
    }),
  );
}

/** Those that are open are closed with the stack, also if others fail to open. */
async function openAll(
  database: Database,
  count: number,
  sessions: AsyncDisposableStack,
): Promise<Session[]> {
  const opening = Array.from({ length: count }, () => Session.open(database, 'preview', PREVIEW_SETUP));
  const settled = await Promise.allSettled(opening);
  const opened = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  for (const session of opened) sessions.defer(() => session.close());
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
  return opened;
}

async function previewPartitions(
  lanes: readonly Session[],
  snapshot: SharedSnapshot,
  task: PreviewTask,
  signal: AbortSignal,
): Promise<PartitionPreview> {
  let sum: PartitionPreview = { inserted: 0, updated: 0, unchanged: 0, superseded: 0, samples: [] };
  await inLanes(lanes, task, signal, async (sql, rows, loaded) => {
    const part = await previewPartition(sql, snapshot, rows, loaded);
    sum = add(sum, part);
  });
  return sum;
}

/** @param work is called for each partition, with the number of its rows */
async function inLanes(
  lanes: readonly Session[],
  { staged, lanes: _, ...rows }: PreviewTask,
  signal: AbortSignal,
  work: (sql: Session['sql'], rows: StagedPartition, loaded: number) => Promise<unknown>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const waiting = [...staged.entries()];
  const workLane = async (lane: Session) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [partition, loaded] = next;
      await lane.run(stop, (sql) => work(sql, { ...rows, partition }, loaded));
    }
  };
  const ended = await Promise.allSettled(
    lanes.map((lane) =>
      workLane(lane).catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
}

function add(sum: PartitionPreview, part: PartitionPreview): PartitionPreview {
  return {
    inserted: sum.inserted + part.inserted,
    updated: sum.updated + part.updated,
    unchanged: sum.unchanged + part.unchanged,
    superseded: sum.superseded + part.superseded,
    samples: firstSamples([...sum.samples, ...part.samples]),
  };
}
