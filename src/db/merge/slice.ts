// A slice: a part of the differences of a partition, written in one transaction. Lock order: product rows, then counts.

import type postgres from 'postgres';
import type { LockedAt } from './slice-size.ts';
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
  deleted: number;
  /** Left alone, though they were to be changed. */
  kept: number;
  /** The last SKU; undefined if the slice has none to write. */
  last: string | undefined;
  lockedAt: LockedAt;
}

/** @returns a subquery: the rows of the slice with one of these outcomes */
export function rowsOf({ first, last }: Slice, outcomes: readonly string[]): string {
  const list = outcomes.map((outcome) => `'${outcome}'`).join(', ');
  return `(
    SELECT * FROM merge_changes
    WHERE position BETWEEN ${first} AND ${last} AND outcome IN (${list})
  )`;
}

/** @param statement selects the number as `rows` */
export async function countOf(tx: postgres.TransactionSql, statement: string): Promise<number> {
  const [row] = await tx.unsafe<{ rows: number }[]>(statement);
  return row?.rows ?? 0;
}

/** For a statement whose `written` has the new and the old name of each product. */
export const MOVE_COUNTS = `moved AS (
      INSERT INTO merge_moves
      SELECT moves.name, moves.change
      FROM written CROSS JOIN LATERAL (VALUES (written.name, 1), (written.old_name, -1)) AS moves (name, change)
      WHERE written.name <> written.old_name
    )`;

/** For a statement whose `written` has the new `updated_at` and the former version of each product. */
export const noteUpdates = (importNumber: number) => `noted AS (
      INSERT INTO product_changes
        (sku, import_number, kind, changed_at, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
      SELECT sku, ${importNumber}, 'UPDATED', changed_at,
        old_name, old_description, old_updated_at, old_changed_by, old_attributes
      FROM written
    )`;

export const noteInsertions = (importNumber: number) => `noted AS (
      INSERT INTO product_changes (sku, import_number, kind) SELECT sku, ${importNumber}, 'INSERTED' FROM written
    )`;

/** @param gone has the products that the statement deletes */
export const noteDeletions = (importNumber: number, gone: string) => `noted AS (
    INSERT INTO product_changes
      (sku, import_number, kind, old_name, old_description, old_updated_at, old_changed_by, old_attributes)
    SELECT sku, ${importNumber}, 'DELETED', name, description, updated_at, changed_by, attributes FROM ${gone}
  )`;

/** Applies what the statements before have collected in `merge_moves`. */
export async function moveCounts(tx: postgres.TransactionSql, lockedAt: LockedAt): Promise<void> {
  const { count: moved } = await tx.unsafe(`
    INSERT INTO merge_counts
    SELECT name, sum(change) FROM merge_moves GROUP BY name HAVING sum(change) <> 0`);
  if (moved > 0) lockedAt.counts = await writeCounts(tx);
}
