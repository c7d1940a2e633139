// Writes a slice of what an undo restores, in the transaction of its caller. A product that somebody has changed since it was
// compared is kept as it is.

import type postgres from 'postgres';
import { allowOnly } from '../join-method.ts';
import { noteDeletions } from '../note-changes.ts';
import { countOf, rowsOf, type Slice, type WrittenSlice } from '../slice.ts';
import type { LockedAt } from '../slice-size.ts';
import { forgetMoves, writeCounts } from '../write-counts.ts';

export interface SliceUndo {
  importId: string;
  /** Of the undo. */
  importNumber: number;
  /** Whether data sources have claims. */
  hasClaims: boolean;
}

const OUTCOMES = ['NEW', 'CHANGED', 'GONE', 'KEPT'];

export async function undoSlice(
  tx: postgres.TransactionSql,
  slice: Slice,
  undo: SliceUndo,
): Promise<WrittenSlice> {
  await tx.unsafe(allowOnly('LOOKUP'));
  const [found] = await tx.unsafe<
    { rows: number; gone: number; changed: number; back: number; last: string | null }[]
  >(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE outcome = 'GONE') AS gone,
      count(*) FILTER (WHERE outcome = 'CHANGED') AS changed, count(*) FILTER (WHERE outcome = 'NEW') AS back,
      max(sku) AS last
    FROM ${rowsOf(slice, OUTCOMES)} slice`,
  );
  const lockedAt: LockedAt = { products: performance.now() };
  const { rows = 0, last = null } = found ?? {};
  const written = { inserted: 0, updated: 0, deleted: 0, kept: 0, rows, last: last ?? undefined, lockedAt };
  if (!found?.last) return written;
  const { importNumber } = undo;
  const gone = rowsOf(slice, ['GONE']);
  await forgetMoves(tx, slice.moves);
  // Where products are few, a join with no rows at all could read all that is left of those that were deleted.
  if (found.gone > 0) written.deleted = await countOf(tx, remove(gone, slice.moves, importNumber));
  if (found.changed > 0) {
    written.updated = await countOf(tx, restore(rowsOf(slice, ['CHANGED']), slice.moves, importNumber));
  }
  if (found.back > 0) {
    written.inserted = await countOf(tx, bringBack(rowsOf(slice, ['NEW']), slice.moves, importNumber));
  }
  written.kept = found.rows - written.deleted - written.updated - written.inserted;
  if (written.kept > 0) await tx.unsafe(noteKept(rowsOf(slice, OUTCOMES), importNumber), [undo.importId]);
  if (undo.hasClaims && written.deleted > 0) await tx.unsafe(releaseClaims(gone));
  if (written.inserted + written.updated + written.deleted > 0) {
    lockedAt.counts = await writeCounts(tx, slice.moves);
  }
  return written;
}

/** The product is the version that was compared. */
const AS_COMPARED = 'products.updated_at = row.old_updated_at AND products.changed_by = row.old_changed_by';

function remove(rows: string, moves: string, importNumber: number): string {
  return `
    WITH written AS (
      DELETE FROM products USING ${rows} row
      WHERE products.sku = row.sku AND ${AS_COMPARED}
      RETURNING products.*
    ), ${noteDeletions(importNumber, 'written')}, counted AS (
      INSERT INTO ${moves} SELECT name, -1 FROM written
    )
    SELECT count(*)::bigint AS rows FROM written`;
}

/** The former version comes back as it was, with its time and its writer: so what that writer did can be undone, too. */
function restore(rows: string, moves: string, importNumber: number): string {
  return `
    WITH written AS (
      UPDATE products
      SET name = row.name, description = row.description, attributes = row.attributes,
        updated_at = row.updated_at, changed_by = row.changed_by
      FROM ${rows} row
      WHERE products.sku = row.sku AND ${AS_COMPARED}
      RETURNING row.sku, row.name, now() AS changed_at,
        row.old_name, row.old_description, row.old_updated_at, row.old_changed_by, row.old_attributes
    ), noted AS (
      INSERT INTO product_changes
        (sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
      SELECT sku, ${importNumber}, 'UPDATED', changed_at,
        old_name, old_description, old_updated_at, old_changed_by, old_attributes
      FROM written
    ), moved AS (
      INSERT INTO ${moves}
      SELECT moves.name, moves.change
      FROM written CROSS JOIN LATERAL (VALUES (written.name, 1), (written.old_name, -1)) AS moves (name, change)
      WHERE written.name <> written.old_name
    )
    SELECT count(*)::bigint AS rows FROM written`;
}

function bringBack(rows: string, moves: string, importNumber: number): string {
  return `
    WITH written AS (
      INSERT INTO products (sku, name, description, attributes, updated_at, changed_by)
      SELECT sku, name, description, attributes, updated_at, changed_by FROM ${rows} row
      ON CONFLICT (sku) DO NOTHING
      RETURNING sku, name
    ), noted AS (
      INSERT INTO product_changes (sku, import_number, kind) SELECT sku, ${importNumber}, 'INSERTED' FROM written
    ), counted AS (
      INSERT INTO ${moves} SELECT name, 1 FROM written
    )
    SELECT count(*)::bigint AS rows FROM written`;
}

/** Those of the rows that this undo has not changed, each with its newest change. */
function noteKept(rows: string, importNumber: number): string {
  return `
    INSERT INTO kept_products (import_id, sku, changed_by, kind, changed_at)
    SELECT $1::uuid, row.sku, coalesce(newest.import_number, products.changed_by, 0),
      coalesce(newest.kind, CASE WHEN products.sku IS NULL THEN 'DELETED' ELSE 'UPDATED' END),
      coalesce(newest.changed_at, products.updated_at, now())
    FROM ${rows} row
    LEFT JOIN products ON products.sku = row.sku
    LEFT JOIN LATERAL (
      SELECT import_number, kind, changed_at FROM product_changes
      WHERE product_changes.sku = row.sku ORDER BY id DESC LIMIT 1
    ) newest ON true
    WHERE newest.import_number IS DISTINCT FROM ${importNumber}`;
}

/** As for any product that is deleted: a source that claims the SKU would otherwise delete what somebody creates later. */
function releaseClaims(gone: string): string {
  return `
    DELETE FROM source_products USING ${gone} row
    WHERE source_products.sku = row.sku AND NOT EXISTS (SELECT 1 FROM products WHERE products.sku = row.sku)`;
}
