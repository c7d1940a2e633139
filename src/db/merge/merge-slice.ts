// Writes a slice of the differences that `comparePartition` has found, in the transaction of its caller. Lock order: product
// rows, then counts.

import type postgres from 'postgres';
import { NEXT_VERSION } from '../catalogue/product-version.ts';
import { allowOnly } from './join-method.ts';
import { changeTo, type KeptColumns, rowDiffers } from './row-changes.ts';
import type { LockedAt } from './slice-size.ts';
import { type ClaimChange, changeClaims } from './source-claims.ts';
import { writeCounts } from './write-counts.ts';

/** Positions in `merge_changes`, from 1. */
export interface Slice {
  first: number;
  last: number;
}

/** Numbers of products. */
export interface WrittenSlice {
  inserted: number;
  updated: number;
  /** The last SKU; undefined if the slice has none to write. */
  last: string | undefined;
  lockedAt: LockedAt;
}

type Outcome = 'NEW' | 'CHANGED' | 'CLAIM';

export async function mergeSlice(
  tx: postgres.TransactionSql,
  slice: Slice,
  merge: KeptColumns & { claims: ClaimChange | undefined },
): Promise<WrittenSlice> {
  const all = rowsOf(slice, ['NEW', 'CHANGED', 'CLAIM']);
  const changed = rowsOf(slice, ['CHANGED']);
  const added = rowsOf(slice, ['NEW']);
  // A slice is small.
  await tx.unsafe(allowOnly('LOOKUP'));
  const [found] = await tx.unsafe<{ added: number; changed: number; last: string | null }[]>(
    `SELECT count(*) FILTER (WHERE outcome = 'NEW') AS added, count(*) FILTER (WHERE outcome = 'CHANGED') AS changed,
      max(sku) AS last
    FROM ${all} slice`,
  );
  const lockedAt: LockedAt = { products: performance.now() };
  if (!found?.last) return { inserted: 0, updated: 0, last: undefined, lockedAt };
  let inserted = found.added > 0 ? await countOf(tx, insertNew(merge, added)) : 0;
  let updated = found.changed > 0 ? await countOf(tx, updateAsCompared(merge, changed)) : 0;
  // Others have created, renamed or deleted products since the comparison.
  if (inserted + updated < found.added + found.changed) {
    const rows = rowsOf(slice, ['NEW', 'CHANGED']);
    updated += await countOf(tx, updateDifferent(merge, rows));
    inserted += await countOf(tx, insertNew(merge, rows));
  }
  if (merge.claims) await changeClaims(tx, merge.claims, all);
  const { count: moved } = await tx.unsafe(SUM_COUNT_CHANGES);
  if (moved > 0) lockedAt.counts = await writeCounts(tx);
  return { inserted, updated, last: found.last, lockedAt };
}

/** @returns a subquery */
function rowsOf({ first, last }: Slice, outcomes: readonly Outcome[]): string {
  const list = outcomes.map((outcome) => `'${outcome}'`).join(', ');
  return `(
    SELECT * FROM merge_changes
    WHERE position BETWEEN ${first} AND ${last} AND outcome IN (${list})
  )`;
}

async function countOf(tx: postgres.TransactionSql, statement: string): Promise<number> {
  const [row] = await tx.unsafe<{ rows: number }[]>(statement);
  return row?.rows ?? 0;
}

/** Leaves products alone that somebody has renamed since they were compared: their old name is another one. */
function updateAsCompared(kept: KeptColumns, changed: string): string {
  return `
    WITH written AS (
      UPDATE products SET ${changeTo(kept, 'new')}, updated_at = ${NEXT_VERSION}
      FROM ${changed} new
      WHERE products.sku = new.sku AND products.name = new.old_name AND ${rowDiffers(kept, 'new')}
      RETURNING new.name, new.old_name
    ), ${MOVE_COUNTS}
    SELECT count(*)::bigint AS rows FROM written`;
}

/** Updates whatever differs, with the old name that is read under the lock of the row. */
function updateDifferent(kept: KeptColumns, rows: string): string {
  return `
    WITH different AS MATERIALIZED (
      SELECT products.sku, products.name AS old_name, new.name, new.description, new.attributes
      FROM ${rows} new JOIN products ON products.sku = new.sku
      WHERE ${rowDiffers(kept, 'new')}
      ORDER BY products.sku
      FOR UPDATE OF products
    ), written AS (
      UPDATE products SET ${changeTo(kept, 'new')}, updated_at = ${NEXT_VERSION}
      FROM different new WHERE products.sku = new.sku
      RETURNING new.name, new.old_name
    ), ${MOVE_COUNTS}
    SELECT count(*)::bigint AS rows FROM written`;
}

const MOVE_COUNTS = `moved AS (
      INSERT INTO merge_moves
      SELECT moves.name, moves.change
      FROM written CROSS JOIN LATERAL (VALUES (written.name, 1), (written.old_name, -1)) AS moves (name, change)
      WHERE written.name <> written.old_name
    )`;

/** In the order of SKU, in which the primary key's index is built fastest. Leaves existing products alone. */
function insertNew({ keptColumns }: KeptColumns, rows: string): string {
  const columns = `sku, name, description${keptColumns.length > 0 ? ', attributes' : ''}`;
  return `
    WITH written AS (
      INSERT INTO products (${columns}) SELECT ${columns} FROM ${rows} new
      ON CONFLICT (sku) DO NOTHING
      RETURNING name
    ), counted AS (
      INSERT INTO merge_moves SELECT name, 1 FROM written
    )
    SELECT count(*)::bigint AS rows FROM written`;
}

const SUM_COUNT_CHANGES = `
  INSERT INTO merge_counts
  SELECT name, sum(change) FROM merge_moves GROUP BY name HAVING sum(change) <> 0`;
