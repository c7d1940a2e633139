// Name counts, written in the transaction that writes the products. The work table `moves` holds by how much they change, with
// several rows for a name; `sums` then has one.

import type postgres from 'postgres';
import { COUNTS_CHANNEL } from '../../catalogue/counts/count-store.ts';
import { queueNames } from '../../catalogue/names/name-queue.ts';
import { COUNTS_LOCK } from '../../postgres/locks/advisory-locks.ts';
import type { WorkTables } from '../turn/merge-session.ts';

export type CountTables = Pick<WorkTables, 'moves' | 'sums'>;

/**
 * Applies the moves of this transaction, queues new names for the search index, and notifies subscribers of counts if any
 * changes.
 *
 * @returns when it had locked the counts, in milliseconds
 */
export async function writeCounts(
  tx: postgres.TransactionSql,
  { moves, sums }: CountTables,
): Promise<number> {
  await tx.unsafe(sumUp(moves, sums));
  const [{ rising, falling }] = await tx.unsafe<[{ rising: number; falling: number }]>(
    `SELECT count(*) FILTER (WHERE change > 0) AS rising, count(*) FILTER (WHERE change < 0) AS falling FROM ${sums}`,
  );
  await tx`SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`;
  const lockedAt = performance.now();
  if (falling > 0) await tx.unsafe(lower(sums));
  if (rising > 0) {
    // Most names are known, so each is looked up once.
    const { count: known } = await tx.unsafe(raise(sums));
    if (known < rising) await addNames(tx, sums, rising - known);
  }
  if (rising + falling > 0) await tx`SELECT pg_notify(${COUNTS_CHANNEL}, '')`;
  return lockedAt;
}

/** The rows of a session are those of its transaction: the ones before have left theirs. */
export async function forgetMoves(tx: postgres.TransactionSql, { moves, sums }: CountTables): Promise<void> {
  await tx.unsafe(`DELETE FROM ${moves}`);
  await tx.unsafe(`DELETE FROM ${sums}`);
}

const sumUp = (moves: string, sums: string) => `
  INSERT INTO ${sums} SELECT name, sum(change)::bigint FROM ${moves} GROUP BY name HAVING sum(change) <> 0 ORDER BY name`;

/** A count that is missing would be negative, which a constraint refuses. */
const lower = (sums: string) => `
  MERGE INTO product_name_counts AS kept
  USING (SELECT * FROM ${sums} WHERE change < 0 ORDER BY name) AS changes ON kept.name = changes.name
  WHEN MATCHED AND kept.product_count + changes.change = 0 THEN DELETE
  WHEN MATCHED THEN UPDATE SET product_count = kept.product_count + changes.change
  WHEN NOT MATCHED THEN INSERT (name, product_count) VALUES (changes.name, changes.change)`;

const raise = (sums: string) => `
  UPDATE product_name_counts AS kept SET product_count = kept.product_count + changes.change
  FROM (SELECT * FROM ${sums} WHERE change > 0 ORDER BY name) AS changes WHERE kept.name = changes.name`;

/** Adds those that had no product. */
async function addNames(tx: postgres.TransactionSql, sums: string, most: number): Promise<void> {
  await tx.unsafe(`DELETE FROM ${sums} WHERE change < 0`);
  await tx.unsafe(`DELETE FROM ${sums} sums USING product_name_counts kept WHERE kept.name = sums.name`);
  await tx.unsafe(queueNames(sums, most));
  await tx.unsafe(`
    INSERT INTO product_name_counts (name, product_count) SELECT name, change FROM ${sums} ORDER BY name`);
}
