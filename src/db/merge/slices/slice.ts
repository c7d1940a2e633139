// A slice: a part of the differences of a partition, written in one transaction. Lock order: product rows, then counts.

import type postgres from 'postgres';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import type { WorkTables } from '../turn/merge-session.ts';
import type { LockedAt } from './slice-size.ts';

export type SliceTables = Pick<WorkTables, 'changes' | 'moves' | 'sums'>;

/** The rows of `changes` whose SKU is in a range. */
export interface Slice extends SliceTables {
  /** Exclusive; empty for the first slice. */
  after: string;
  /** Inclusive; undefined for the last slice. */
  through: string | undefined;
}

/** Numbers of products. */
export interface WrittenSlice {
  inserted: number;
  updated: number;
  deleted: number;
  /** Left alone, though they were to be changed. */
  kept: number;
  /** Rows of the slice. */
  rows: number;
  /** The last SKU; undefined if the slice has none to write. */
  last: string | undefined;
  lockedAt: LockedAt;
}

/** @returns the slice that begins after a SKU, with so many rows, or a few more if they have one SKU */
export async function nextSlice(
  sql: postgres.ISql,
  tables: SliceTables,
  after: string,
  rows: number,
): Promise<Slice> {
  const found = await sql.unsafe<{ sku: string }[]>(
    `SELECT sku FROM ${tables.changes} WHERE sku > ${quoteLiteral(after)} ORDER BY sku OFFSET ${rows - 1} LIMIT 2`,
  );
  return { ...tables, after, through: found.length === 2 ? found[0]?.sku : undefined };
}

/** @returns a condition on rows of `changes`: that they are in the slice, with one of these outcomes */
export function inSlice({ after, through }: Slice, outcomes: readonly string[], row = 'new'): string {
  const end = through === undefined ? '' : `AND ${row}.sku <= ${quoteLiteral(through)}`;
  const list = outcomes.map((outcome) => `'${outcome}'`).join(', ');
  return `${row}.sku > ${quoteLiteral(after)} ${end} AND ${row}.outcome IN (${list})`;
}

/** @returns a subquery: the rows of the slice with one of these outcomes */
export function rowsOf(slice: Slice, outcomes: readonly string[]): string {
  return `(SELECT * FROM ${slice.changes} new WHERE ${inSlice(slice, outcomes)})`;
}

/** @param statement selects the number as `rows` */
export async function countOf(tx: postgres.TransactionSql, statement: string): Promise<number> {
  const [row] = await tx.unsafe<{ rows: number }[]>(statement);
  return row?.rows ?? 0;
}
