// How many products have each name: reads the kept counts, and moves a product from one name to another.

import type postgres from 'postgres';
import type { Database } from './client.ts';
import { allOf, inOneSnapshot, type Page, readPage, type Window } from './keyset.ts';
import { COUNTS } from './locks.ts';
import { type productNameCounts, RARE_COUNT } from './tables.ts';
import { compareKeys, endOfPrefix } from './text-order.ts';

export type ProductCount = typeof productNameCounts.$inferSelect;

/** COUNT_DESC: the most frequent name first, equal counts by name. NAME_ASC: by name. Names by their bytes. */
export type ProductCountOrder = 'COUNT_DESC' | 'NAME_ASC';

/** Conditions that all have to hold. */
export interface ProductCountFilter {
  /** The beginning of the name, letter for letter. */
  namePrefix?: string | undefined;
  minProductCount?: number | undefined;
}

/** The counts that the index by count leaves out, in the order of COUNT_DESC. */
const RARE_COUNTS = Array.from({ length: RARE_COUNT }, (_, index) => RARE_COUNT - index);

/** Up to so many rows, sorting them is cheaper than walking another order's index in search of them. */
const FEW_ROWS = 50_000;

export class ProductCountStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The window goes forward only; its key is a whole row, of which NAME_ASC looks at the name alone. */
  page(
    window: Omit<Window<ProductCount>, 'backwards' | 'before'>,
    order: ProductCountOrder = 'COUNT_DESC',
    filter: ProductCountFilter = {},
  ): Promise<Page<ProductCount>> {
    const read = async (sql: postgres.ISql): Promise<Page<ProductCount>> => {
      const source = filtered(sql, filter, await isNarrow(sql, order, filter));
      const inOrder = order === 'COUNT_DESC' ? sql`product_count DESC, name` : sql`name`;
      const rangesAfter = after(sql, order, window.after);
      const rangesBefore = window.after ? upTo(sql, order, window.after) : [];
      return readPage(window, {
        rows(limit) {
          const ranges = rangesAfter.map(
            (range) => sql`
              (SELECT name, product_count FROM ${source} WHERE ${range} ORDER BY ${inOrder} LIMIT ${limit})`,
          );
          return sql<ProductCount[]>`
            SELECT name, product_count AS "productCount" FROM (${unionOf(sql, ranges)}) AS page
            ORDER BY ${inOrder} LIMIT ${limit}`;
        },
        async hasRowsBefore() {
          const ranges = rangesBefore.map((range) => sql`(SELECT FROM ${source} WHERE ${range} LIMIT 1)`);
          return (await sql`SELECT FROM (${unionOf(sql, ranges)}) AS found LIMIT 1`).length > 0;
        },
        hasRowsAfter: async () => false,
      });
    };
    // The first page is one query, which is a snapshot by itself: it is asked for most, and need not wait three times.
    const isOneQuery =
      window.after === undefined && crossingConditions(this.#db.sql, order, filter).length === 0;
    return isOneQuery ? read(this.#db.sql) : inOneSnapshot(this.#db, read);
  }

  /** How many names the filter leaves. */
  async count(filter: ProductCountFilter = {}): Promise<number> {
    const { sql } = this.#db;
    const [counted] = await sql<{ total: number }[]>`
      SELECT count(*) AS total FROM product_name_counts WHERE ${filterConditions(sql, filter)}`;
    return counted?.total ?? 0;
  }
}

/**
 * Takes one product from a name and gives it to another, inside the transaction that has locked and writes the
 * product.
 */
export async function moveProductBetweenNames(
  sql: postgres.TransactionSql,
  from: string,
  to: string,
): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(${COUNTS})`;
  if (compareKeys(from, to) < 0) {
    await takeProductFrom(sql, from);
    await giveProductTo(sql, to);
  } else {
    await giveProductTo(sql, to);
    await takeProductFrom(sql, from);
  }
}

async function giveProductTo(sql: postgres.TransactionSql, name: string): Promise<void> {
  const [count] = await sql<{ productCount: number }[]>`
    INSERT INTO product_name_counts (name, product_count) VALUES (${name}, 1)
    ON CONFLICT (name) DO UPDATE SET product_count = product_name_counts.product_count + 1
    RETURNING product_count AS "productCount"`;
  if (count?.productCount === 1) await announceNewName(sql, name);
}

async function takeProductFrom(sql: postgres.TransactionSql, name: string): Promise<void> {
  // Locked before it is judged: a count that another update is raising would be deleted as the 1 it was.
  const [count] = await sql<{ productCount: number }[]>`
    SELECT product_count AS "productCount" FROM product_name_counts WHERE name = ${name} FOR UPDATE`;
  if (count?.productCount === 1) {
    await sql`DELETE FROM product_name_counts WHERE name = ${name}`;
  } else {
    await sql`UPDATE product_name_counts SET product_count = product_count - 1 WHERE name = ${name}`;
  }
}

async function announceNewName(sql: postgres.TransactionSql, name: string): Promise<void> {
  await sql`
    INSERT INTO product_names_unindexed (name)
    SELECT ${name} WHERE NOT EXISTS (SELECT FROM product_name_search WHERE name = ${name})`;
}

/**
 * Whether the filter speaks of the other order's index and leaves few rows there. Those are then sorted: a walk in
 * the wanted order might pass millions to find them.
 */
async function isNarrow(
  sql: postgres.ISql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): Promise<boolean> {
  const crossing = crossingConditions(sql, order, filter);
  if (crossing.length === 0) return false;
  const [bounded] = await sql<{ rows: number }[]>`
    SELECT count(*) AS rows
    FROM (SELECT FROM product_name_counts WHERE ${allOf(sql, crossing)} LIMIT ${FEW_ROWS + 1}) AS bounded`;
  return bounded !== undefined && bounded.rows <= FEW_ROWS;
}

/** What the filter says in terms of the other order's index. */
function crossingConditions(
  sql: postgres.ISql,
  order: ProductCountOrder,
  filter: ProductCountFilter,
): postgres.Fragment[] {
  return order === 'COUNT_DESC' ? prefixConditions(sql, filter) : leastCountConditions(sql, filter);
}

/** @param narrow keeps the planner from walking in the order of the page all the same: OFFSET 0 does that */
function filtered(sql: postgres.ISql, filter: ProductCountFilter, narrow: boolean): postgres.Fragment {
  return sql`(
    SELECT name, product_count FROM product_name_counts
    WHERE ${filterConditions(sql, filter)} ${narrow ? sql`OFFSET 0` : sql``}
  ) AS counts`;
}

function filterConditions(sql: postgres.ISql, filter: ProductCountFilter): postgres.Fragment {
  return allOf(sql, [...prefixConditions(sql, filter), ...leastCountConditions(sql, filter)]);
}

function prefixConditions(sql: postgres.ISql, { namePrefix }: ProductCountFilter): postgres.Fragment[] {
  if (namePrefix === undefined || namePrefix === '') return [];
  const end = endOfPrefix(namePrefix);
  return [sql`name >= ${namePrefix}`, ...(end === undefined ? [] : [sql`name < ${end}`])];
}

function leastCountConditions(
  sql: postgres.ISql,
  { minProductCount }: ProductCountFilter,
): postgres.Fragment[] {
  return minProductCount === undefined ? [] : [sql`product_count >= ${minProductCount}`];
}

// One condition for equal counts and other counts together would read all names of a count to find the place of one;
// each by itself, an index has it at once: that of the frequent names, and for each of the rare counts that of all
// names, in which they are never far apart.

function after(
  sql: postgres.ISql,
  order: ProductCountOrder,
  key: ProductCount | undefined,
): postgres.Fragment[] {
  if (order === 'NAME_ASC') return [key ? sql`name > ${key.name}` : sql`TRUE`];
  const frequent = sql`product_count > ${sql.unsafe(String(RARE_COUNT))}`;
  const rare = (below: number) =>
    RARE_COUNTS.filter((count) => count < below).map((count) => sql`product_count = ${count}`);
  if (!key) return [frequent, ...rare(Number.POSITIVE_INFINITY)];
  const { name, productCount } = key;
  if (productCount <= RARE_COUNT) {
    return [sql`product_count = ${productCount} AND name > ${name}`, ...rare(productCount)];
  }
  return [
    sql`${frequent} AND product_count = ${productCount} AND name > ${name}`,
    sql`${frequent} AND product_count < ${productCount}`,
    ...rare(productCount),
  ];
}

function upTo(sql: postgres.ISql, order: ProductCountOrder, key: ProductCount): postgres.Fragment[] {
  const { name, productCount } = key;
  if (order === 'NAME_ASC') return [sql`name <= ${name}`];
  return [sql`product_count = ${productCount} AND name <= ${name}`, sql`product_count > ${productCount}`];
}

function unionOf(sql: postgres.ISql, queries: postgres.Fragment[]): postgres.Fragment {
  return queries.reduce((all, query) => sql`${all} UNION ALL ${query}`);
}
