// Former versions of products are not kept for ever.

import type { Database } from '../postgres/connection/database.ts';

/** Rows of one statement: others wait for none of them, and it takes milliseconds. */
const BATCH_ROWS = 2000;

/**
 * Removes some of the changes that are older than this, oldest first. None while an import is being undone, which may need
 * them.
 *
 * @returns whether there may be more
 */
export async function removeOldChanges({ sql }: Database, days: number): Promise<boolean> {
  const removed = await sql`
    DELETE FROM product_changes USING (
      SELECT sku, id FROM product_changes
      WHERE changed_at < now() - make_interval(days => ${days})
        AND NOT EXISTS (SELECT FROM imports WHERE undoes IS NOT NULL AND finished_at IS NULL)
      ORDER BY changed_at LIMIT ${BATCH_ROWS}
      FOR UPDATE SKIP LOCKED
    ) old
    WHERE product_changes.sku = old.sku AND product_changes.id = old.id`;
  if (removed.count === BATCH_ROWS) return true;
  const kept = await sql`
    DELETE FROM kept_products WHERE (import_id, sku) IN (
      SELECT import_id, sku FROM kept_products JOIN imports ON imports.id = import_id
      WHERE finished_at < now() - make_interval(days => ${days}) LIMIT ${BATCH_ROWS}
    )`;
  return kept.count === BATCH_ROWS;
}
