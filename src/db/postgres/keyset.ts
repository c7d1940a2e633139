// Keyset pagination: a page is found by the keys at its edges, so its cost does not depend on how far down it is.

import type postgres from 'postgres';

/** Which part of an ordered list is wanted: the first or the last rows strictly between two keys. */
export interface Window<Key> {
  limit: number;
  /** Count from the end: the last `limit` rows, still given in the list's order. */
  backwards?: boolean;
  after?: Key | undefined;
  before?: Key | undefined;
}

export interface Page<Row> {
  rows: Row[];
  /** Whether the list has rows before the first of these, and after the last. */
  hasPreviousPage: boolean;
  hasNextPage: boolean;
}

/** How one list is read; the window's keys are part of what the functions know. */
export interface KeysetReader<Row> {
  /** At most `limit` rows inside the window, from its start, or from its end and in reverse when it is backwards. */
  rows(limit: number): PromiseLike<Row[]>;
  /** Whether the list has a row at or before the window's `after`. */
  hasRowsBefore(): Promise<boolean>;
  /** Whether the list has a row at or after the window's `before`. */
  hasRowsAfter(): Promise<boolean>;
}

export async function readPage<Key, Row>(window: Window<Key>, reader: KeysetReader<Row>): Promise<Page<Row>> {
  // One row more than wanted tells whether the list goes on.
  const found = await reader.rows(window.limit + 1);
  const goesOn = found.length > window.limit;
  const rows = found.slice(0, window.limit);
  const outsideBefore = window.after !== undefined && (await reader.hasRowsBefore());
  const outsideAfter = window.before !== undefined && (await reader.hasRowsAfter());
  return window.backwards
    ? { rows: rows.reverse(), hasPreviousPage: goesOn || outsideBefore, hasNextPage: outsideAfter }
    : { rows, hasPreviousPage: outsideBefore, hasNextPage: goesOn || outsideAfter };
}

/** Joins conditions with AND; none at all is TRUE. */
export function allOf(sql: postgres.ISql, conditions: postgres.Fragment[]): postgres.Fragment {
  return conditions.reduce((all, condition) => sql`${all} AND ${condition}`, sql`TRUE`);
}
