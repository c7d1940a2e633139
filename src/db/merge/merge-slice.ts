// Writes a slice of the differences that `compareStaged` has found, in the transaction of its caller.

import type postgres from 'postgres';
import { inSpan } from '../../telemetry/tracing.ts';
import { NEXT_VERSION } from '../catalogue/product-version.ts';
import type { PartitionMerge } from './compare-staged.ts';
import { allowOnly } from './join-method.ts';
import { changeTo, rowDiffers } from './row-changes.ts';
import {
  countOf,
  MOVE_COUNTS,
  moveCounts,
  noteInsertions,
  noteUpdates,
  rowsOf,
  type Slice,
  type WrittenSlice,
} from './slice.ts';
import type { LockedAt } from './slice-size.ts';
import { changeClaims } from './source-claims.ts';

type SliceMerge = Pick<PartitionMerge, 'importNumber' | 'keptColumns' | 'firstLoad' | 'claims'>;

export async function mergeSlice(
  tx: postgres.TransactionSql,
  slice: Slice,
  merge: SliceMerge,
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
  const written = { inserted: 0, updated: 0, deleted: 0, kept: 0, last: found?.last ?? undefined, lockedAt };
  if (!found?.last) return written;
  if (found.added > 0) {
    written.inserted = await inSpan('insert products', {}, () => countOf(tx, insertNew(added, merge)));
  }
  if (found.changed > 0) {
    written.updated = await inSpan('update products', {}, () =>
      countOf(tx, updateAsCompared(changed, merge)),
    );
  }
  // Others have created, changed or deleted products since the comparison.
  if (written.inserted + written.updated < found.added + found.changed) {
    const rows = rowsOf(slice, ['NEW', 'CHANGED']);
    await inSpan('write what others changed', {}, async () => {
      written.updated += await countOf(tx, updateDifferent(rows, merge));
      written.inserted += await countOf(tx, insertNew(rows, merge));
    });
  }
  const { claims } = merge;
  if (claims) await inSpan('change claims', {}, () => changeClaims(tx, claims, all));
  await inSpan('write name counts', {}, () => moveCounts(tx, lockedAt));
  return written;
}

/** Sets the product to the values of `new`, as a change by this import. */
const changeBy = (merge: SliceMerge) =>
  `${changeTo(merge, 'new')}, updated_at = ${NEXT_VERSION}, changed_by = ${merge.importNumber}`;
const WRITTEN = `new.sku, new.name, products.updated_at AS changed_at,
        new.old_name, new.old_description, new.old_updated_at, new.old_changed_by, new.old_attributes`;

/** Leaves products alone that somebody has changed since they were compared: their old version is another one. */
function updateAsCompared(changed: string, merge: SliceMerge): string {
  return `
    WITH written AS (
      UPDATE products SET ${changeBy(merge)}
      FROM ${changed} new
      WHERE products.sku = new.sku AND products.updated_at = new.old_updated_at AND products.name = new.old_name
        AND ${rowDiffers(merge, 'new')}
      RETURNING ${WRITTEN}
    ), ${noteUpdates(merge.importNumber)}, ${MOVE_COUNTS}
    SELECT count(*)::bigint AS rows FROM written`;
}

/** Updates whatever differs, with the old version that is read under the lock of the row. */
function updateDifferent(rows: string, merge: SliceMerge): string {
  return `
    WITH different AS MATERIALIZED (
      SELECT new.sku, new.name, new.description, products.name AS old_name, products.description AS old_description,
        products.updated_at AS old_updated_at, products.changed_by AS old_changed_by,
        products.attributes AS old_attributes, new.attributes
      FROM ${rows} new JOIN products ON products.sku = new.sku
      WHERE ${rowDiffers(merge, 'new')}
      ORDER BY products.sku
      FOR UPDATE OF products
    ), written AS (
      UPDATE products SET ${changeBy(merge)}
      FROM different new WHERE products.sku = new.sku
      RETURNING ${WRITTEN}
    ), ${noteUpdates(merge.importNumber)}, ${MOVE_COUNTS}
    SELECT count(*)::bigint AS rows FROM written`;
}

/** In the order of SKU, in which the primary key's index is built fastest. Leaves existing products alone. */
function insertNew(rows: string, { importNumber, keptColumns, firstLoad }: SliceMerge): string {
  const attributes = keptColumns.length > 0 ? ', attributes' : '';
  return `
    WITH written AS (
      INSERT INTO products (sku, name, description, changed_by${attributes})
      SELECT sku, name, description, ${importNumber}${attributes} FROM ${rows} new
      ON CONFLICT (sku) DO NOTHING
      RETURNING sku, name
    ), ${firstLoad ? '' : `${noteInsertions(importNumber)},`} counted AS (
      INSERT INTO merge_moves SELECT name, 1 FROM written
    )
    SELECT count(*)::bigint AS rows FROM written`;
}
