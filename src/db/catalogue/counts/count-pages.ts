// Pages of name counts, filtered and in either order, and how many names a filter matches.

import type postgres from 'postgres';
import { prefixUpperBound } from '../../postgres/collation.ts';
import type { Database } from '../../postgres/connection/database.ts';
import { inOneSnapshot } from '../../postgres/snapshot.ts';
import { allOf, type Page, readPage, type Window } from '../../postgres/sql/keyset.ts';
import type { productNameCounts } from '../../tables.ts';
import { hasPart, isOneOf, namesContaining, planBy } from '../names/name-substring-search.ts';

export type ProductCount = typeof productNameCounts.$inferSelect;

/** COUNT_DESC: highest count first, equal counts by name. NAME_ASC: by name. Names are in byte order. */
export type ProductCountOrder = 'COUNT_DESC' | 'NAME_ASC';

/** All conditions must match. */
export interface ProductCountFilter {
  /** The beginning of the name. Case-sensitive. */
  namePrefix?: string | undefined;
  /** Text anywhere in the name. Case-insensitive. */
  nameContains?: string | undefined;
  /** Texts, each of which is anywhere in the name. Case-insensitive. */
  words?: readonly string[] | undefined;
  minProductCount?: number | undefined;
}

/** Up to this many rows, sorting is cheaper than scanning the index of another order to find them. */
const FEW_ROWS = 50_000;

/** @param window its keys are whole rows; NAME_ASC uses only the name */
export function readCountPage(
  database: Database,
  window: Window<ProductCount>,
  order: ProductCountOrder,
  filter: ProductCountFilter,
  signal: AbortSignal | undefined,
): Promise<Page<ProductCount>> {
  const { sql: pool } = database;
  // The first page without a filter is the most frequent query. It is a single statement, so it needs no transaction.
  const isSingleStatement =
    window.after === undefined &&
    window.before === undefined &&
    partsOf(filter).length === 0 &&
    crossingConditions(pool, order, filter).length === 0;
  if (isSingleStatement) return pageFrom(pool, sourceOf(pool, filter, { narrow: false }), order, window);
  return inOneSnapshot(
    database,
    async (sql) => {
      const source = sourceOf(sql, filter, await selectivity(sql, order, filter));
      return pageFrom(sql, source, order, window);
    },
    signal,
  );
}

export function countNames(
  database: Database,
  filter: ProductCountFilter,
  signal: AbortSignal | undefined,
): Promise<number> {
  const read = async (sql: postgres.TransactionSql) => {
    const source = sourceOf(sql, filter, await selectivity(sql, 'COUNT_DESC', filter));
    const [counted] = await sql<{ total: number }[]>`WITH ${source} SELECT count(*) AS total FROM counts`;
    return counted?.total ?? 0;
  };
  return inOneSnapshot(database, read, signal);
}

/**
 * All name counts that match the filter, in order.
 *
 * @returns the query, made with any `sql`
 */
export async function matchingCounts(
  sql: postgres.TransactionSql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): Promise<(sql: postgres.TransactionSql) => postgres.Fragment> {
  const found = await selectivity(sql, order, filter);
  planBy(sql, 'COST');
  return (into) => into`
    WITH ${sourceOf(into, filter, found)} SELECT name, product_count FROM counts ORDER BY ${orderOf(into, order)}`;
}

/** @param source a common table expression `counts` with the rows that match the filter */
function pageFrom(
  sql: postgres.ISql,
  source: postgres.Fragment,
  order: ProductCountOrder,
  window: Window<ProductCount>,
): Promise<Page<ProductCount>> {
  const hasRow = async (ranges: postgres.Fragment[]) => {
    const found = ranges.map((range) => sql`(SELECT 1 FROM counts WHERE ${range} LIMIT 1)`);
    const rows = await sql`WITH ${source} SELECT 1 FROM (${unionOf(sql, found)}) AS found LIMIT 1`;
    return rows.length > 0;
  };
  return readPage(window, {
    rows(limit) {
      const inOrder = orderOf(sql, order, window.backwards);
      const parts = rangesOf(sql, order, window).map(
        (range) => sql`(SELECT * FROM counts WHERE ${range} ORDER BY ${inOrder} LIMIT ${limit})`,
      );
      return sql<ProductCount[]>`
        WITH ${source}
        SELECT name, product_count AS "productCount" FROM (${unionOf(sql, parts)}) AS page
        ORDER BY ${inOrder} LIMIT ${limit}`;
    },
    hasRowsBefore: () => hasRow(window.after ? upTo(sql, order, window.after) : []),
    hasRowsAfter: () => hasRow(window.before ? from(sql, order, window.before) : []),
  });
}

/** What is known about the rows that match a filter before they are read. */
interface Selectivity {
  /** They are few. Sorting them is cheaper than scanning in the wanted order, which could skip millions of rows. */
  narrow: boolean;
  /** The names that contain the wanted texts, if they are few. */
  names?: readonly string[] | undefined;
}

async function selectivity(
  sql: postgres.TransactionSql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): Promise<Selectivity> {
  const parts = partsOf(filter);
  const names = parts.length === 0 ? undefined : await namesContaining(sql, ...parts);
  if (names) return { narrow: true, names };
  const crossing = crossingConditions(sql, order, filter);
  if (crossing.length === 0) return { narrow: false };
  const [bounded] = await sql<{ rows: number }[]>`
    SELECT count(*) AS rows
    FROM (SELECT 1 FROM product_name_counts WHERE ${allOf(sql, crossing)} LIMIT ${FEW_ROWS + 1}) AS bounded`;
  return { narrow: bounded !== undefined && bounded.rows <= FEW_ROWS };
}

/** The conditions of the filter that the index of this order cannot answer. */
function crossingConditions(
  sql: postgres.ISql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): postgres.Fragment[] {
  return order === 'COUNT_DESC' ? prefixConditions(sql, filter) : leastCountConditions(sql, filter);
}

/** Few rows are materialized first; otherwise the planner would still scan in the order of the page. */
function sourceOf(
  sql: postgres.ISql,
  filter: ProductCountFilter,
  { narrow, names }: Selectivity,
): postgres.Fragment {
  const conditions = [...prefixConditions(sql, filter), ...leastCountConditions(sql, filter)];
  if (names) conditions.push(isOneOf(sql, names));
  else conditions.push(...partsOf(filter).map((part) => hasPart(sql, part)));
  return sql`counts AS ${narrow ? sql`MATERIALIZED` : sql`NOT MATERIALIZED`} (
    SELECT name, product_count FROM product_name_counts WHERE ${allOf(sql, conditions)}
  )`;
}

function partsOf({ nameContains, words = [] }: ProductCountFilter): string[] {
  return [...(nameContains === undefined ? [] : [nameContains]), ...words];
}

function prefixConditions(sql: postgres.ISql, { namePrefix }: ProductCountFilter): postgres.Fragment[] {
  if (namePrefix === undefined || namePrefix === '') return [];
  const end = prefixUpperBound(namePrefix);
  return [sql`name >= ${namePrefix}`, ...(end === undefined ? [] : [sql`name < ${end}`])];
}

function leastCountConditions(
  sql: postgres.ISql,
  { minProductCount }: ProductCountFilter,
): postgres.Fragment[] {
  return minProductCount === undefined ? [] : [sql`product_count >= ${minProductCount}`];
}

/** The window as consecutive ranges, each of which one index can answer. */
function rangesOf(
  sql: postgres.ISql,
  order: ProductCountOrder,
  { after, before }: Window<ProductCount>,
): postgres.Fragment[] {
  if (order === 'NAME_ASC') {
    const ends = [
      ...(after ? [sql`name > ${after.name}`] : []),
      ...(before ? [sql`name < ${before.name}`] : []),
    ];
    return [allOf(sql, ends)];
  }
  // A single condition for "same count and a later name, or a lower count" would read all names with that count to find the
  // position.
  const starts = after
    ? [
        sql`product_count = ${after.productCount} AND name > ${after.name}`,
        sql`product_count < ${after.productCount}`,
      ]
    : [sql`TRUE`];
  const ends = before
    ? [
        sql`product_count > ${before.productCount}`,
        sql`product_count = ${before.productCount} AND name < ${before.name}`,
      ]
    : [sql`TRUE`];
  return starts.flatMap((start) => ends.map((end) => allOf(sql, [start, end])));
}

/** The rows up to this one, inclusive. */
function upTo(sql: postgres.ISql, order: ProductCountOrder, key: ProductCount): postgres.Fragment[] {
  const { name, productCount } = key;
  if (order === 'NAME_ASC') return [sql`name <= ${name}`];
  return [sql`product_count = ${productCount} AND name <= ${name}`, sql`product_count > ${productCount}`];
}

/** The rows from this one on, inclusive. */
function from(sql: postgres.ISql, order: ProductCountOrder, key: ProductCount): postgres.Fragment[] {
  const { name, productCount } = key;
  if (order === 'NAME_ASC') return [sql`name >= ${name}`];
  return [sql`product_count = ${productCount} AND name >= ${name}`, sql`product_count < ${productCount}`];
}

function orderOf(sql: postgres.ISql, order: ProductCountOrder, backwards = false): postgres.Fragment {
  if (order === 'NAME_ASC') return backwards ? sql`name DESC` : sql`name`;
  return backwards ? sql`product_count, name DESC` : sql`product_count DESC, name`;
}

function unionOf(sql: postgres.ISql, queries: postgres.Fragment[]): postgres.Fragment {
  const [first = sql`(SELECT * FROM counts WHERE FALSE)`, ...others] = queries;
  return others.reduce((all, query) => sql`${all} UNION ALL ${query}`, first);
}
