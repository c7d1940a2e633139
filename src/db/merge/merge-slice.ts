// Writes a slice of the differences that `comparePartition` has found, in the transaction of its caller. Lock order: product
// rows, then counts.

import type postgres from 'postgres';
import { NEXT_VERSION } from '../catalogue/product-version.ts';
import type { PartitionMerge } from './compare-partition.ts';
import { allowOnly } from './join-method.ts';
import { changeTo, rowDiffers } from './row-changes.ts';
import type { LockedAt } from './slice-size.ts';
import { changeClaims } from './source-claims.ts';
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
  merge: Writer & Pick<PartitionMerge, 'firstLoad' | 'claims'>,
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
  let inserted = found.added > 0 ? await countOf(tx, insertNew(added, merge)) : 0;
  let updated = found.changed > 0 ? await countOf(tx, updateAsCompared(changed, merge)) : 0;
  // Others have created, renamed or deleted products since the comparison.
  if (inserted + updated < found.added + found.changed) {
    const rows = rowsOf(slice, ['NEW', 'CHANGED']);
    updated += await countOf(tx, updateDifferent(rows, merge));
    inserted += await countOf(tx, insertNew(rows, merge));
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

type Writer = Pick<PartitionMerge, 'importNumber' | 'keptColumns'>;

/** Sets the product to the values of `new`, as a change by this import. */
const changeBy = (writer: Writer) =>
  `${changeTo(writer, 'new')}, updated_at = ${NEXT_VERSION}, changed_by = ${writer.importNumber}`;
const OLD_VERSION =
  'new.old_name, new.old_description, new.old_updated_at, new.old_changed_by, new.old_attributes';

/** Leaves products alone that somebody has changed since they were compared: their old version is another one. */
function updateAsCompared(changed: string, writer: Writer): string {
  return `
    WITH written AS (
      UPDATE products SET ${changeBy(writer)}
      FROM ${changed} new
      WHERE products.sku = new.sku AND products.updated_at = new.old_updated_at AND products.name = new.old_name
        AND ${rowDiffers(writer, 'new')}
      RETURNING new.sku, new.name, products.updated_at, ${OLD_VERSION}
    ), ${noteUpdates(writer.importNumber)}, ${MOVE_COUNTS}
    SELECT count(*)::bigint AS rows FROM written`;
}

/** Updates whatever differs, with the old version that is read under the lock of the row. */
function updateDifferent(rows: string, writer: Writer): string {
  return `
    WITH different AS MATERIALIZED (
      SELECT new.sku, new.name, new.description, products.name AS old_name, products.description AS old_description,
        products.updated_at AS old_updated_at, products.changed_by AS old_changed_by,
        products.attributes AS old_attributes, new.attributes
      FROM ${rows} new JOIN products ON products.sku = new.sku
      WHERE ${rowDiffers(writer, 'new')}
      ORDER BY products.sku
      FOR UPDATE OF products
    ), written AS (
      UPDATE products SET ${changeBy(writer)}
      FROM different new WHERE products.sku = new.sku
      RETURNING new.sku, new.name, products.updated_at, ${OLD_VERSION}
    ), ${noteUpdates(writer.importNumber)}, ${MOVE_COUNTS}
    SELECT count(*)::bigint AS rows FROM written`;
}

const noteUpdates = (importNumber: number) => `noted AS (
      INSERT INTO product_changes
        (sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
      SELECT sku, ${importNumber}, 'UPDATED', updated_at,
        old_name, old_description, old_updated_at, old_changed_by, old_attributes
      FROM written
    )`;

const MOVE_COUNTS = `moved AS (
      INSERT INTO merge_moves
      SELECT moves.name, moves.change
      FROM written CROSS JOIN LATERAL (VALUES (written.name, 1), (written.old_name, -1)) AS moves (name, change)
      WHERE written.name <> written.old_name
    )`;

/** In the order of SKU, in which the primary key's index is built fastest. Leaves existing products alone. */
function insertNew(
  rows: string,
  { importNumber, keptColumns, firstLoad }: Writer & Pick<PartitionMerge, 'firstLoad'>,
): string {
  const attributes = keptColumns.length > 0 ? ', attributes' : '';
  const note = `noted AS (
      INSERT INTO product_changes (sku, import_number, kind) SELECT sku, ${importNumber}, 'INSERTED' FROM written
    ),`;
  return `
    WITH written AS (
      INSERT INTO products (sku, name, description, changed_by${attributes})
      SELECT sku, name, description, ${importNumber}${attributes} FROM ${rows} new
      ON CONFLICT (sku) DO NOTHING
      RETURNING sku, name
    ), ${firstLoad ? '' : note} counted AS (
      INSERT INTO merge_moves SELECT name, 1 FROM written
    )
    SELECT count(*)::bigint AS rows FROM written`;
}

const SUM_COUNT_CHANGES = `
  INSERT INTO merge_counts
  SELECT name, sum(change) FROM merge_moves GROUP BY name HAVING sum(change) <> 0`;
