// Turns the staged rows of a first load into the catalogue.

import {
  buildKey,
  type FirstLoad,
  mergeFirstLoad,
  moveSuperseded,
  type OnShare,
  restoreStaging,
} from '../../db/merge/first-load/first-load.ts';
import { preventsReplacing } from '../../db/merge/first-load/first-load-tables.ts';
import { openMergeSession } from '../../db/merge/merge-session.ts';
import type { MergeTurn } from '../../db/merge/merge-turn.ts';
import type { PartitionLedger } from '../../db/merge/partition-ledger.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { inSpan } from '../../telemetry/tracing.ts';

/**
 * @returns undefined if that is not possible at present: others use the tables, or they are no longer empty. Then the rows
 *   are staged as before, for an ordinary merge
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
  const [merging, preparing] = [await open(), await open()];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const moved = inSpan('move superseded rows', {}, () =>
    preparing.run(stop, (sql) => moveSuperseded(sql, turn, load)),
  );
  const keyed = moved.then(() =>
    inSpan('build key', {}, () => preparing.run(stop, (sql) => buildKey(sql, turn, load))),
  );
  // They are awaited later.
  moved.catch(() => {});
  keyed.catch(() => {});
  try {
    return await inSpan('first load', {}, () =>
      merging.run(stop, (sql) => mergeFirstLoad(sql, turn, load, { moved, keyed }, onShare)),
    );
  } catch (error) {
    failed.abort(error);
    await keyed.catch(() => {});
    if (!preventsReplacing(error)) throw error;
    await restoreStaging(database.sql, turn, load);
    return undefined;
  }
}
