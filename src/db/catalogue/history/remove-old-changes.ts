// Former versions of products are not kept for ever.

import type postgres from 'postgres';
import type { Database } from '../../postgres/connection/database.ts';
import { HISTORY_LOCK } from '../../postgres/locks/advisory-locks.ts';

/** Rows of one statement: others wait for none of them, and it takes milliseconds. */
const BATCH_ROWS = 2000;

/**
 * Removes some of the changes that are older than this. None while an import is being undone, which may need them.
 *
 * @returns whether there may be more
 */
export async function removeOldChanges({ sql }: Database, days: number): Promise<boolean> {
  const removed = await sql.begin((tx) => removeBatch(tx, days));
  if (removed > 0) return true;
  const kept = await sql`
    DELETE FROM kept_products WHERE (import_id, sku) IN (
      SELECT import_id, sku FROM kept_products JOIN imports ON imports.id = import_id
      WHERE finished_at < now() - make_interval(days => ${days}) LIMIT ${BATCH_ROWS}
    )`;
  return kept.count === BATCH_ROWS;
}

/** One process at a time: two would wait for each other's rows. */
async function removeBatch(tx: postgres.TransactionSql, days: number): Promise<number> {
  const [turn] = await tx<{ mine: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(${HISTORY_LOCK})
      AND NOT EXISTS (SELECT FROM imports WHERE undoes IS NOT NULL AND finished_at IS NULL) AS mine`;
  if (!turn?.mine) return 0;
  const old = [...(await oldEdits(tx, days)), ...(await oldImport(tx, days))].slice(0, BATCH_ROWS);
  await tx`
    DELETE FROM product_changes
    USING unnest(${old.map(({ sku }) => sku)}::text[], ${old.map(({ id }) => String(id))}::text[]::bigint[]) AS old (sku, id)
    WHERE product_changes.sku = old.sku AND product_changes.id = old.id`;
  return old.length;
}

interface Change {
  sku: string;
  id: number;
}

async function oldEdits(tx: postgres.TransactionSql, days: number): Promise<Change[]> {
  return tx<Change[]>`
    SELECT sku, id FROM product_changes WHERE import_number = 0 AND changed_at < now() - make_interval(days => ${days})
    ORDER BY changed_at LIMIT ${BATCH_ROWS}`;
}

/** Changes of the import that comes first of all that have any. It may have been deleted. */
async function oldImport(tx: postgres.TransactionSql, days: number): Promise<Change[]> {
  const [oldest] = await tx<{ number: number; isOld: boolean }[]>`
    SELECT import_number AS number, changed_at < now() - make_interval(days => ${days}) AS "isOld"
    FROM product_changes WHERE import_number > 0 ORDER BY import_number, kind, sku LIMIT 1`;
  if (!oldest?.isOld) return [];
  return tx<Change[]>`
    SELECT sku, id FROM product_changes
    WHERE import_number = ${oldest.number} AND import_number > 0 AND changed_at < now() - make_interval(days => ${days})
    LIMIT ${BATCH_ROWS}`;
}
