// What an undo would do now, computed without writing anything.

import type postgres from 'postgres';
import type { Database } from '../../postgres/connection/database.ts';
import { inOneSnapshot } from '../../postgres/snapshot.ts';
import { changesOf, isAsLeft, undoneImport } from './changed-products.ts';

/** Numbers of products, with the names that they have in the ledger of the undo. */
export interface UndoPreview {
  /** That come back. */
  inserted: number;
  /** That get their former values back. */
  updated: number;
  /** That are removed. */
  deleted: number;
  /** That were changed since, and are left alone. */
  kept: number;
}

/**
 * @param undoNumber of an undo that was not completed: what it has done already does not count
 * @param signal cancels the query
 */
export async function previewUndo(
  database: Database,
  importId: string,
  undoNumber: number | undefined,
  signal?: AbortSignal,
): Promise<UndoPreview> {
  const read = async (sql: postgres.TransactionSql): Promise<UndoPreview> => {
    const undone = await undoneImport(sql, importId);
    if (!undone) throw new Error(`the import ${importId} is missing`);
    const isOpen =
      undoNumber === undefined
        ? 'true'
        : `NOT EXISTS (SELECT 1 FROM product_changes WHERE import_number = ${undoNumber} AND sku = change.sku)`;
    const [found] = await sql.unsafe<UndoPreview[]>(`
      SELECT count(*) FILTER (WHERE is_as_left AND kind = 'DELETED') AS inserted,
        count(*) FILTER (WHERE is_as_left AND kind = 'UPDATED') AS updated,
        count(*) FILTER (WHERE is_as_left AND kind = 'INSERTED') AS deleted,
        count(*) FILTER (WHERE NOT is_as_left) AS kept
      FROM (
        SELECT change.kind, coalesce(${isAsLeft(undone)}, false) AS is_as_left
        FROM (${changesOf(undone, 'true')}) change LEFT JOIN products ON products.sku = change.sku
        WHERE ${isOpen}
      ) change`);
    return found ?? { inserted: 0, updated: 0, deleted: 0, kept: 0 };
  };
  return inOneSnapshot(database, read, signal);
}
