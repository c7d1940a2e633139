// Writes a slice of what an undo restores, in the transaction of its caller. A product that somebody has changed since it was
// compared is kept as it is.

import type postgres from 'postgres';
import { transactionTime } from '../../postgres/sql/transaction-time.ts';
import { allowOnly } from '../join-method.ts';
import { moveCounts } from '../slices/move-counts.ts';
import { nextChangeId, noteInsertions, noteRemovals, noteUpdates } from '../slices/note-changes.ts';
import { inSlice, rowsOf, type Slice, type WrittenSlice } from '../slices/slice.ts';
import type { LockedAt } from '../slices/slice-size.ts';

export interface SliceUndo {
  importId: string;
  /** Of the undo. */
  importNumber: number;
  /** Whether data sources have claims. */
  hasClaims: boolean;
}

/** Each time, somebody has changed one of the products between two statements. */
const MAX_COMPARISONS = 100;

export async function undoSlice(
  tx: postgres.TransactionSql,
  slice: Slice,
  undo: SliceUndo,
): Promise<WrittenSlice> {
  await tx.unsafe(allowOnly('LOOKUP'));
  const lockedAt: LockedAt = { products: performance.now() };
  const outcomes = await countOutcomes(tx, slice);
  const { rows } = outcomes;
  const nothing = {
    inserted: 0,
    updated: 0,
    deleted: 0,
    kept: 0,
    rows,
    last: outcomes.last ?? undefined,
    lockedAt,
  };
  if (!outcomes.last) return nothing;
  const found = await writeProducts(tx, slice, outcomes);
  const { back: inserted, changed: updated, gone: deleted, kept } = found;
  if (inserted + updated + deleted > 0) await note(tx, slice, undo, found);
  if (kept > 0) await tx.unsafe(noteKept(rowsOf(slice, ['KEPT'])), [undo.importId]);
  if (undo.hasClaims && deleted > 0) await tx.unsafe(releaseClaims(rowsOf(slice, ['GONE'])));
  await moveCounts(tx, slice, lockedAt);
  return { ...nothing, inserted, updated, deleted, kept };
}

/** Numbers of products. */
interface Outcomes {
  rows: number;
  /** Removed. */
  gone: number;
  changed: number;
  /** Inserted. */
  back: number;
  kept: number;
  /** The last SKU. */
  last: string | null;
}

async function countOutcomes(tx: postgres.TransactionSql, slice: Slice): Promise<Outcomes> {
  const [found] = await tx.unsafe<[Outcomes]>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE outcome = 'GONE') AS gone,
      count(*) FILTER (WHERE outcome = 'CHANGED') AS changed, count(*) FILTER (WHERE outcome = 'NEW') AS back,
      count(*) FILTER (WHERE outcome = 'KEPT') AS kept, max(sku) AS last
    FROM ${rowsOf(slice, ['NEW', 'CHANGED', 'GONE', 'KEPT'])} slice`,
  );
  return found;
}

class ChangedByOthersError extends Error {}

/** @returns the outcomes as they are then: products that others have changed are kept */
async function writeProducts(
  tx: postgres.TransactionSql,
  slice: Slice,
  outcomes: Outcomes,
): Promise<Outcomes> {
  let found = outcomes;
  for (let comparisons = 0; comparisons < MAX_COMPARISONS; comparisons++) {
    try {
      await tx.savepoint((part) => writeAsCompared(part, slice, found));
      return found;
    } catch (error) {
      if (!(error instanceof ChangedByOthersError)) throw error;
      for (const statement of keepChanged(slice)) await tx.unsafe(statement);
      found = await countOutcomes(tx, slice);
    }
  }
  throw new Error('the products of a slice never stay as compared');
}

/** @throws ChangedByOthersError if it could not write all: which it could is not known then */
async function writeAsCompared(
  tx: postgres.TransactionSql,
  slice: Slice,
  { gone, changed, back }: Outcomes,
): Promise<void> {
  // Where products are few, a join with no rows at all could read all that is left of those that were deleted.
  const expected: [number, string][] = [
    [gone, remove(slice)],
    [changed, restore(slice)],
    [back, bringBack(slice)],
  ];
  for (const [rows, statement] of expected) {
    if (rows > 0 && (await tx.unsafe(statement)).count < rows) throw new ChangedByOthersError();
  }
}

/** The product is the version that was compared. */
const AS_COMPARED = `products.sku = new.sku
  AND products.updated_at = new.old_updated_at AND products.changed_by = new.old_changed_by`;

const remove = (slice: Slice) => `
  DELETE FROM products USING ${slice.changes} new WHERE ${inSlice(slice, ['GONE'])} AND ${AS_COMPARED}`;

/** The former version comes back as it was, with its time and its writer: so what that writer did can be undone, too. */
const restore = (slice: Slice) => `
  UPDATE products
  SET name = new.name, description = new.description, attributes = new.attributes,
    updated_at = new.updated_at, changed_by = new.changed_by
  FROM ${slice.changes} new WHERE ${inSlice(slice, ['CHANGED'])} AND ${AS_COMPARED}`;

const bringBack = (slice: Slice) => `
  INSERT INTO products (sku, name, description, attributes, updated_at, changed_by)
  SELECT sku, name, description, attributes, updated_at, changed_by
  FROM ${slice.changes} new WHERE ${inSlice(slice, ['NEW'])}
  ORDER BY sku
  ON CONFLICT (sku) DO NOTHING`;

const keepChanged = (slice: Slice) => [
  `UPDATE ${slice.changes} new SET outcome = 'KEPT'
  WHERE ${inSlice(slice, ['GONE', 'CHANGED'])} AND NOT EXISTS (SELECT 1 FROM products WHERE ${AS_COMPARED})`,
  `UPDATE ${slice.changes} new SET outcome = 'KEPT'
  WHERE ${inSlice(slice, ['NEW'])} AND EXISTS (SELECT 1 FROM products WHERE products.sku = new.sku)`,
];

async function note(
  tx: postgres.TransactionSql,
  slice: Slice,
  { importNumber }: SliceUndo,
  { gone, changed, back }: Outcomes,
): Promise<void> {
  const changedAt = await transactionTime(tx);
  const rows = (outcome: string) => `${slice.changes} new WHERE ${inSlice(slice, [outcome])}`;
  const noted = { id: await nextChangeId(tx), importNumber, changedAt };
  if (gone > 0) await tx.unsafe(noteRemovals(noted, rows('GONE')));
  if (changed > 0) await tx.unsafe(noteUpdates(noted, rows('CHANGED')));
  if (back > 0) await tx.unsafe(noteInsertions(noted, rows('NEW')));
}

/** Each with its newest change. */
function noteKept(rows: string): string {
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
    ) newest ON true`;
}

/** As for any product that is deleted: a source that claims the SKU would otherwise delete what somebody creates later. */
function releaseClaims(gone: string): string {
  return `DELETE FROM source_products USING ${gone} row WHERE source_products.sku = row.sku`;
}
