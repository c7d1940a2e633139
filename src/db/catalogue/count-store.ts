// How many products have each name: reads the counts that merges and updates keep.

import type postgres from 'postgres';
import { prefixUpperBound } from '../postgres/collation.ts';
import type { Database } from '../postgres/connection/database.ts';
import { allOf, type Page, readPage, type Window } from '../postgres/keyset.ts';
import { inOneSnapshot } from '../postgres/snapshot.ts';
import { type productNameCounts, RARE_COUNT } from '../tables.ts';
import { hasPart, isOneOf, namesContaining } from './name-search.ts';

export type ProductCount = typeof productNameCounts.$inferSelect;

/** COUNT_DESC: the most frequent name first, equal counts by name. NAME_ASC: by name. Names by their bytes. */
export type ProductCountOrder = 'COUNT_DESC' | 'NAME_ASC';

/** Conditions that all have to hold. */
export interface ProductCountFilter {
  /** The beginning of the name, letter for letter. */
  namePrefix?: string | undefined;
  /** A part of the name; letter case does not matter. */
  nameContains?: string | undefined;
  minProductCount?: number | undefined;
}

/** Names and products, in numbers. */
export interface CountTotals {
  names: number;
  products: number;
}

/** The names that have so many products, and the products that they have together. */
export interface CountOfCounts extends CountTotals {
  productCount: number;
}

/** The channel on which every transaction that changes counts says so. */
export const COUNTS_CHANNEL = 'loadstone_product_counts';

/** The counts that the index by count leaves out, in the order of COUNT_DESC. */
const RARE_COUNTS = Array.from({ length: RARE_COUNT }, (_, index) => RARE_COUNT - index);

/** Up to so many rows, sorting them is cheaper than walking another order's index in search of them. */
const FEW_ROWS = 50_000;

export class ProductCountStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The window's key is a whole row, of which NAME_ASC looks at the name alone. */
  page(
    window: Window<ProductCount>,
    order: ProductCountOrder = 'COUNT_DESC',
    filter: ProductCountFilter = {},
    signal?: AbortSignal,
  ): Promise<Page<ProductCount>> {
    const read = async (sql: postgres.ISql, source: postgres.Fragment): Promise<Page<ProductCount>> => {
      const hasRow = async (ranges: postgres.Fragment[]) => {
        const found = ranges.map((range) => sql`(SELECT FROM counts WHERE ${range} LIMIT 1)`);
        const rows = await sql`WITH ${source} SELECT FROM (${unionOf(sql, found)}) AS found LIMIT 1`;
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
    };
    // The first page is one query, which is a snapshot by itself: it is asked for most, and need not wait three times.
    const { sql: pool } = this.#db;
    const isOneQuery =
      window.after === undefined &&
      window.before === undefined &&
      filter.nameContains === undefined &&
      crossingConditions(pool, order, filter).length === 0;
    if (isOneQuery) return read(pool, sourceOf(pool, filter, { narrow: false }));
    return inOneSnapshot(
      this.#db,
      async (sql) => read(sql, sourceOf(sql, filter, await selectivity(sql, order, filter))),
      signal,
    );
  }

  /** How many names the filter leaves. */
  count(filter: ProductCountFilter = {}, signal?: AbortSignal): Promise<number> {
    const read = async (sql: postgres.TransactionSql) => {
      const source = sourceOf(sql, filter, await selectivity(sql, 'COUNT_DESC', filter));
      const [counted] = await sql<{ total: number }[]>`WITH ${source} SELECT count(*) AS total FROM counts`;
      return counted?.total ?? 0;
    };
    return inOneSnapshot(this.#db, read, signal);
  }

  /** The counts of these names, in their order; 0 where no product has the name. */
  async of(names: readonly string[]): Promise<ProductCount[]> {
    const rows = await this.#db.sql<ProductCount[]>`
      SELECT name, product_count AS "productCount" FROM product_name_counts
      WHERE name = ANY (${[...names]}::text[])`;
    const counts = new Map(rows.map(({ name, productCount }) => [name, productCount]));
    return names.map((name) => ({ name, productCount: counts.get(name) ?? 0 }));
  }

  /** Costs a look at all names. */
  totals(signal?: AbortSignal): Promise<CountTotals> {
    const read = async (sql: postgres.ISql) => {
      const [totals] = await sql<CountTotals[]>`
        SELECT count(*) AS names, coalesce(sum(product_count), 0)::bigint AS products FROM product_name_counts`;
      return totals ?? { names: 0, products: 0 };
    };
    return inOneSnapshot(this.#db, read, signal);
  }

  /** How many names have each number of products, in ascending order. Costs a look at all names. */
  histogram(signal?: AbortSignal): Promise<CountOfCounts[]> {
    const read = async (sql: postgres.ISql) => sql<CountOfCounts[]>`
      SELECT product_count AS "productCount", count(*) AS names, sum(product_count)::bigint AS products
      FROM product_name_counts GROUP BY product_count ORDER BY product_count`;
    return inOneSnapshot(this.#db, read, signal);
  }
}

/** What is known of the rows that a filter leaves, before they are read. */
interface Selectivity {
  /** They are few: collected and sorted, they cost less than a walk in the wanted order, which might pass millions. */
  narrow: boolean;
  /** The names that have the part that the filter wants, if they are few. */
  names?: readonly string[] | undefined;
}

async function selectivity(
  sql: postgres.TransactionSql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): Promise<Selectivity> {
  const { nameContains } = filter;
  const names = nameContains === undefined ? undefined : await namesContaining(sql, nameContains);
  if (names) return { narrow: true, names };
  const crossing = crossingConditions(sql, order, filter);
  if (crossing.length === 0) return { narrow: false };
  const [bounded] = await sql<{ rows: number }[]>`
    SELECT count(*) AS rows
    FROM (SELECT FROM product_name_counts WHERE ${allOf(sql, crossing)} LIMIT ${FEW_ROWS + 1}) AS bounded`;
  return { narrow: bounded !== undefined && bounded.rows <= FEW_ROWS };
}

/** What the filter says in terms of another index than that of the order. */
function crossingConditions(
  sql: postgres.ISql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): postgres.Fragment[] {
  return order === 'COUNT_DESC' ? prefixConditions(sql, filter) : leastCountConditions(sql, filter);
}

/** Narrow rows are collected first: the planner would walk in the order of the page all the same. */
function sourceOf(
  sql: postgres.ISql,
  filter: ProductCountFilter,
  { narrow, names }: Selectivity,
): postgres.Fragment {
  const { nameContains } = filter;
  const conditions = [...prefixConditions(sql, filter), ...leastCountConditions(sql, filter)];
  if (names) conditions.push(isOneOf(sql, names));
  else if (nameContains !== undefined) conditions.push(hasPart(sql, nameContains));
  return sql`counts AS ${narrow ? sql`MATERIALIZED` : sql`NOT MATERIALIZED`} (
    SELECT name, product_count FROM product_name_counts WHERE ${allOf(sql, conditions)}
  )`;
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

/** The parts of the list inside of the window, which follow each other. */
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
  return [...frequentRanges(sql, after, before), ...rareRanges(sql, after, before)];
}

// One condition for equal counts and other counts together would read all names of a count to find the place of one;
// each by itself, an index has it at once: that of the frequent names, and for each of the rare counts that of all
// names, in which they are never far apart.

function frequentRanges(
  sql: postgres.ISql,
  after: ProductCount | undefined,
  before: ProductCount | undefined,
): postgres.Fragment[] {
  if (after && after.productCount <= RARE_COUNT) return [];
  const starts = after
    ? [
        sql`product_count = ${after.productCount} AND name > ${after.name}`,
        sql`product_count < ${after.productCount}`,
      ]
    : [sql`TRUE`];
  const ends =
    before && before.productCount > RARE_COUNT
      ? [
          sql`product_count > ${before.productCount}`,
          sql`product_count = ${before.productCount} AND name < ${before.name}`,
        ]
      : [sql`TRUE`];
  const frequent = sql`product_count > ${sql.unsafe(String(RARE_COUNT))}`;
  return starts.flatMap((start) => ends.map((end) => allOf(sql, [frequent, start, end])));
}

function rareRanges(
  sql: postgres.ISql,
  after: ProductCount | undefined,
  before: ProductCount | undefined,
): postgres.Fragment[] {
  const { productCount: most } = after ?? { productCount: RARE_COUNT };
  const { productCount: least } = before ?? { productCount: 1 };
  return RARE_COUNTS.filter((count) => count <= most && count >= least).map((count) =>
    allOf(sql, [
      sql`product_count = ${count}`,
      ...(count === after?.productCount ? [sql`name > ${after.name}`] : []),
      ...(count === before?.productCount ? [sql`name < ${before.name}`] : []),
    ]),
  );
}

/** The list up to and with this row. */
function upTo(sql: postgres.ISql, order: ProductCountOrder, key: ProductCount): postgres.Fragment[] {
  const { name, productCount } = key;
  if (order === 'NAME_ASC') return [sql`name <= ${name}`];
  return [sql`product_count = ${productCount} AND name <= ${name}`, sql`product_count > ${productCount}`];
}

/** The list from this row on. */
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
