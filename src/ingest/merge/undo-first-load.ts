// Takes a first load back at once, if nobody has changed its products since.

import { preventsReplacing } from '../../db/merge/first-load/first-load-tables.ts';
import type { PartitionLedger } from '../../db/merge/partitions/partition-ledger.ts';
import { openMergeSession } from '../../db/merge/turn/merge-session.ts';
import type { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import { type FirstLoadUndo, undoFirstLoad } from '../../db/merge/undo/undo-first-load.ts';
import type { Database } from '../../db/postgres/connection/database.ts';

/**
 * @returns undefined if that is not possible: products were changed, or others use the tables. Then nothing is written
 * @throws the signal's reason
 */
export async function tryUndoFirstLoad(
  database: Database,
  turn: MergeTurn,
  undo: FirstLoadUndo,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<PartitionLedger[] | undefined> {
  const session = await openMergeSession(database);
  try {
    const stop = AbortSignal.any([signal, turn.lost]);
    return await session.run(stop, (sql) => undoFirstLoad(sql, turn, undo, onShare));
  } catch (error) {
    if (preventsReplacing(error)) return undefined;
    throw error;
  } finally {
    await session.close();
  }
}
