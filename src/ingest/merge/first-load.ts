// Turns the staged rows of a first load into the catalogue.

import {
  countNames,
  type FirstLoad,
  indexCounts,
  mergeFirstLoad,
  moveSuperseded,
  type OnShare,
} from '../../db/merge/first-load/first-load.ts';
import { preventsReplacing } from '../../db/merge/first-load/first-load-tables.ts';
import type { PartitionLedger } from '../../db/merge/partitions/partition-ledger.ts';
import { openMergeSession } from '../../db/merge/turn/merge-session.ts';
import type { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { inSpan } from '../../telemetry/tracing.ts';

/**
 * @returns undefined if that is not possible at present: others use the tables, or they are no longer empty. The rows are
 *   staged for an ordinary merge then
 * @throws StagingLostError; the signal's reason
 */
export async function tryFirstLoad(
  database: Database,
  turn: MergeTurn,
  load: FirstLoad,
  onShare: OnShare,
  signal: AbortSignal,
): Promise<PartitionLedger | undefined> {
  await using sessions = new AsyncDisposableStack();
  const open = async () => {
    const session = await openMergeSession(database);
    sessions.defer(() => session.close());
    return session;
  };
  const [merging, counting] = [await open(), await open()];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const moved = inSpan('move superseded rows', {}, () =>
    merging.run(stop, (sql) => moveSuperseded(sql, turn, load)),
  );
  const counted = inSpan('count names', {}, () =>
    counting.run(stop, (sql) => countNames(sql, turn, load, moved)),
  );
  const indexed = counted.then(() =>
    inSpan('index counts', {}, () => counting.run(stop, (sql) => indexCounts(sql, turn, load))),
  );
  // They are awaited later.
  for (const later of [counted, indexed]) later.catch(() => {});
  try {
    await moved;
    onShare(0.3);
    return await inSpan('first load', {}, () =>
      merging.run(stop, (sql) => mergeFirstLoad(sql, turn, load, { counted, indexed }, onShare)),
    );
  } catch (error) {
    failed.abort(error);
    await indexed.catch(() => {});
    if (!preventsReplacing(error)) throw error;
    return undefined;
  }
}
