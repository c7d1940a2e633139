// Name counts, written in the transaction that writes the products. The session's temporary table `merge_counts` holds by
// how much each count changes.

import type postgres from 'postgres';
import { COUNTS_CHANNEL } from '../catalogue/count-store.ts';
import { COUNTS_LOCK } from '../postgres/locks/advisory-locks.ts';

/**
 * Applies the changes in `merge_counts`, and notifies subscribers of counts if there are any.
 *
 * @returns when it had locked the counts, in milliseconds
 */
export async function writeCounts(tx: postgres.TransactionSql): Promise<number> {
  await tx`
    SELECT pg_advisory_xact_lock(${COUNTS_LOCK}),
      (SELECT pg_notify(${COUNTS_CHANNEL}, '') FROM merge_counts LIMIT 1)`;
  const lockedAt = performance.now();
  await tx.unsafe(APPLY_CHANGES);
  return lockedAt;
}

const APPLY_CHANGES = `
  MERGE INTO product_name_counts AS kept
  USING (SELECT name, change FROM merge_counts ORDER BY name) AS changes ON kept.name = changes.name
  WHEN MATCHED AND kept.product_count + changes.change = 0 THEN DELETE
  WHEN MATCHED THEN UPDATE SET product_count = kept.product_count + changes.change
  WHEN NOT MATCHED THEN INSERT (name, product_count) VALUES (changes.name, changes.change)`;
