// Name counts, written in the transaction that writes the products. The session's temporary table `merge_counts` holds by
// how much each count changes.

import type postgres from 'postgres';
import { COUNTS_CHANNEL } from '../catalogue/count-store.ts';
import { queueNames } from '../catalogue/name-queue.ts';
import { COUNTS_LOCK } from '../postgres/locks/advisory-locks.ts';

/**
 * Applies the changes in `merge_counts`, queues new names for the search index, and notifies subscribers of counts if there
 * are any changes.
 *
 * @returns when it had locked the counts, in milliseconds
 */
export async function writeCounts(tx: postgres.TransactionSql): Promise<number> {
  const [server] = await tx<{ canReturn: boolean }[]>`
    SELECT current_setting('server_version_num')::int >= 170000 AS "canReturn"`;
  if (!server?.canReturn) await tx.unsafe(QUEUE_NEW_NAMES);
  await tx`
    SELECT pg_advisory_xact_lock(${COUNTS_LOCK}),
      (SELECT pg_notify(${COUNTS_CHANNEL}, '') FROM merge_counts LIMIT 1)`;
  const lockedAt = performance.now();
  await tx.unsafe(server?.canReturn ? APPLY_AND_QUEUE : APPLY_CHANGES);
  return lockedAt;
}

const APPLY_CHANGES = `
  MERGE INTO product_name_counts AS kept
  USING (SELECT name, change FROM merge_counts ORDER BY name) AS changes ON kept.name = changes.name
  WHEN MATCHED AND kept.product_count + changes.change = 0 THEN DELETE
  WHEN MATCHED THEN UPDATE SET product_count = kept.product_count + changes.change
  WHEN NOT MATCHED THEN INSERT (name, product_count) VALUES (changes.name, changes.change)`;

/** From Postgres 17 on, MERGE tells which names are new. */
const APPLY_AND_QUEUE = `
  WITH applied AS (${APPLY_CHANGES} RETURNING merge_action() AS action, changes.name)
  ${queueNames(`(SELECT name FROM applied WHERE action = 'INSERT') AS new_names`)}`;

/** Looks them up before counts are locked. Duplicates do no harm. */
const QUEUE_NEW_NAMES = queueNames(`(
  SELECT name FROM merge_counts
  WHERE change > 0
    AND NOT EXISTS (SELECT 1 FROM product_name_counts WHERE product_name_counts.name = merge_counts.name)
) AS new_names`);
