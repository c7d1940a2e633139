// Keyset pagination: a page is found by the keys next to it, so it costs the same at any depth.

import type postgres from 'postgres';

/** A part of an ordered list: the first or last rows strictly between two keys. */
export interface Window<Key> {
  limit: number;
  /** Return the last `limit` rows, still in the list's order. */
  backwards?: boolean;
  after?: Key | undefined;
  before?: Key | undefined;
}

export interface Page<Row> {
  rows: Row[];
  hasPreviousPage: boolean;
  hasNextPage: boolean;
}

/** Queries of one list, for one window. */
export interface KeysetReader<Row> {
  /** Up to `limit` rows of the window: from its start, or if it is backwards, from its end in reverse order. */
  rows(limit: number): PromiseLike<Row[]>;
  /** Whether the list has a row at or before the window's `after`. */
  hasRowsBefore(): Promise<boolean>;
  /** Whether the list has a row at or after the window's `before`. */
  hasRowsAfter(): Promise<boolean>;
}

export async function readPage<Key, Row>(window: Window<Key>, reader: KeysetReader<Row>): Promise<Page<Row>> {
  // One extra row shows whether there are more.
  const found = await reader.rows(window.limit + 1);
  const hasMore = found.length > window.limit;
  const rows = found.slice(0, window.limit);
  const hasRowsBefore = window.after !== undefined && (await reader.hasRowsBefore());
  const hasRowsAfter = window.before !== undefined && (await reader.hasRowsAfter());
  return window.backwards
    ? { rows: rows.reverse(), hasPreviousPage: hasMore || hasRowsBefore, hasNextPage: hasRowsAfter }
    : { rows, hasPreviousPage: hasRowsBefore, hasNextPage: hasMore || hasRowsAfter };
}

/** Joins conditions with AND. No conditions: TRUE. */
export function allOf(sql: postgres.ISql, conditions: postgres.Fragment[]): postgres.Fragment {
  return conditions.reduce((all, condition) => sql`${all} AND ${condition}`, sql`TRUE`);
}

/** Joins conditions with OR. No conditions: FALSE. */
export function anyOf(sql: postgres.ISql, conditions: postgres.Fragment[]): postgres.Fragment {
  return sql`(${conditions.reduce((any, condition) => sql`${any} OR (${condition})`, sql`FALSE`)})`;
}
