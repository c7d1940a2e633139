// Name counts, written in the transaction that writes the products. The work table `moves` holds by how much they change.

import type postgres from 'postgres';
import { COUNTS_CHANNEL } from '../../catalogue/counts/count-store.ts';
import { queueNames } from '../../catalogue/names/name-queue.ts';
import { COUNTS_LOCK } from '../../postgres/locks/advisory-locks.ts';

/**
 * Applies the moves of this transaction, queues new names for the search index, and notifies subscribers of counts if any
 * changes.
 *
 * @param gained how many moves add to a count
 * @returns when it had locked the counts, in milliseconds
 */
export async function writeCounts(
  tx: postgres.TransactionSql,
  moves: string,
  gained: number,
): Promise<number> {
  if (gained > 0) await tx.unsafe(queueNewNames(moves, gained));
  await tx`SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`;
  const lockedAt = performance.now();
  const { count } = await tx.unsafe(applyMoves(moves));
  if (count > 0) await tx`SELECT pg_notify(${COUNTS_CHANNEL}, '')`;
  return lockedAt;
}

/** The rows of a session are those of its transaction: the ones before have left theirs. */
export async function forgetMoves(tx: postgres.TransactionSql, moves: string): Promise<void> {
  await tx.unsafe(`DELETE FROM ${moves}`);
}

const applyMoves = (moves: string) => `
  MERGE INTO product_name_counts AS kept
  USING (
    SELECT name, sum(change)::bigint AS change FROM ${moves} GROUP BY name HAVING sum(change) <> 0 ORDER BY name
  ) AS changes ON kept.name = changes.name
  WHEN MATCHED AND kept.product_count + changes.change = 0 THEN DELETE
  WHEN MATCHED THEN UPDATE SET product_count = kept.product_count + changes.change
  WHEN NOT MATCHED THEN INSERT (name, product_count) VALUES (changes.name, changes.change)`;

/** Looks them up before counts are locked. Duplicates do no harm. */
const queueNewNames = (moves: string, gained: number) =>
  queueNames(
    `(
    SELECT moved.name FROM (SELECT name FROM ${moves} GROUP BY name HAVING sum(change) > 0) AS moved
    WHERE NOT EXISTS (SELECT 1 FROM product_name_counts kept WHERE kept.name = moved.name)
  ) AS new_names`,
    gained,
  );
