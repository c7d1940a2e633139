// Moves the counts of the names of a slice.

import type postgres from 'postgres';
import { inSlice, type Slice } from './slice.ts';
import type { LockedAt } from './slice-size.ts';
import { forgetMoves, writeCounts } from './write-counts.ts';

/** For a slice whose rows are written. */
export async function moveCounts(
  tx: postgres.TransactionSql,
  slice: Slice,
  lockedAt: LockedAt,
): Promise<void> {
  await forgetMoves(tx, slice);
  const isRenamed = `(outcome <> 'CHANGED' OR name <> old_name)`;
  const { count: gained } = await tx.unsafe(`
    INSERT INTO ${slice.moves} SELECT name, 1 FROM ${slice.changes} new
    WHERE ${inSlice(slice, ['NEW', 'CHANGED'])} AND ${isRenamed}`);
  const { count: lost } = await tx.unsafe(`
    INSERT INTO ${slice.moves} SELECT old_name, -1 FROM ${slice.changes} new
    WHERE ${inSlice(slice, ['GONE', 'CHANGED'])} AND ${isRenamed}`);
  if (gained + lost > 0) lockedAt.counts = await writeCounts(tx, slice);
}
