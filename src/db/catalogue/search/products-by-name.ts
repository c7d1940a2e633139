// Reads a page of the products of each of several names, in one statement for all of them.
//
// A name has one product or a million, and each case needs its own plan. Of a common name, a page is soon full when products
// are read in the order of SKUs; those of the others are fetched by their names and sorted.

import type postgres from 'postgres';
import { allOf, type Page, readPage, type Window } from '../../postgres/sql/keyset.ts';
import type { ProductCount } from '../counts/count-pages.ts';
import { isOneOf, planBy } from '../names/name-substring-search.ts';
import { type Product, productColumns } from '../product.ts';
import { exactNameIndex } from './product-indexes.ts';
import { type Direction, inOrder } from './product-order.ts';

/** Reads up to `limit` products of each name in a range of SKUs, in the order of SKUs. */
type ReadRange = (range: postgres.Fragment, direction: Direction, limit: number) => Promise<Product[]>;

/**
 * @param counts the names, and how many products they have
 * @param window the same for each name; its keys are SKUs
 * @returns a page for each name, in the order of the names
 */
export async function readProductsByName(
  sql: postgres.TransactionSql,
  counts: readonly ProductCount[],
  window: Window<string>,
): Promise<Page<Product>[]> {
  const read = await rangeReader(sql, counts, window);
  const after = window.after === undefined ? [] : [sql`sku > ${window.after}`];
  const before = window.before === undefined ? [] : [sql`sku < ${window.before}`];
  // One extra row shows whether there are more.
  const rows = await read(
    allOf(sql, [...after, ...before]),
    window.backwards ? 'descending' : 'ascending',
    window.limit + 1,
  );
  const found = Map.groupBy(rows, ({ name }) => name);
  const namesIn = async (edge: postgres.Fragment, direction: Direction) =>
    new Set((await read(edge, direction, 1)).map(({ name }) => name));
  const none = new Set<string>();
  const withRowsBefore =
    window.after === undefined ? none : await namesIn(sql`sku <= ${window.after}`, 'descending');
  const withRowsAfter =
    window.before === undefined ? none : await namesIn(sql`sku >= ${window.before}`, 'ascending');

  return Promise.all(
    counts.map(({ name }) =>
      readPage(window, {
        rows: async () => found.get(name) ?? [],
        hasRowsBefore: async () => withRowsBefore.has(name),
        hasRowsAfter: async () => withRowsAfter.has(name),
      }),
    ),
  );
}

async function rangeReader(
  sql: postgres.TransactionSql,
  counts: readonly ProductCount[],
  { limit }: Window<string>,
): Promise<ReadRange> {
  const [table] = await sql<{ rows: number; isIndexed: boolean }[]>`
    SELECT reltuples AS rows, EXISTS (${exactNameIndex(sql)}) AS "isIndexed"
    FROM pg_class WHERE oid = 'products'::regclass`;
  const { rows: allProducts = 0, isIndexed = false } = table ?? {};
  // Fetching a name's products reads as many as there are; in the order of SKUs, one in so many that are read has the name.
  // By statistics: if they are wrong, nothing but time is lost.
  const isCommon = ({ productCount }: ProductCount) => productCount ** 2 > allProducts * (limit + 1);
  const { common = [], rare = [] } = Object.groupBy(counts, (each) => (isCommon(each) ? 'common' : 'rare'));
  const namesOf = (some: readonly ProductCount[]) => [...new Set(some.map(({ name }) => name))];

  return async (range, direction, most) => [
    ...(common.length === 0 ? [] : await inSkuOrder(sql, namesOf(common))(range, direction, most)),
    ...(rare.length === 0 ? [] : await byLookup(sql, namesOf(rare), isIndexed)(range, direction, most)),
  ];
}

function inSkuOrder(sql: postgres.TransactionSql, names: readonly string[]): ReadRange {
  return async (range, direction, limit) => {
    planBy(sql, 'ORDER');
    const pages = names.map(
      (name) => sql`(
        SELECT ${productColumns(sql)} FROM products WHERE name = ${name} AND ${range}
        ORDER BY ${inOrder(sql, 'SKU', direction)} LIMIT ${limit}
      )`,
    );
    return sql<Product[]>`${pages.reduce((all, page) => sql`${all} UNION ALL ${page}`)}`;
  };
}

/** Without the index of names, this is a single scan of all products in the range. */
function byLookup(sql: postgres.TransactionSql, names: readonly string[], isIndexed: boolean): ReadRange {
  return async (range, direction, limit) => {
    planBy(sql, isIndexed ? 'LOOKUPS' : 'COST');
    return sql<Product[]>`
      WITH ranked AS MATERIALIZED (
        SELECT sku, row_number() OVER (PARTITION BY name ORDER BY ${inOrder(sql, 'SKU', direction)}) AS place
        FROM products WHERE ${isOneOf(sql, names)} AND ${range}
      )
      SELECT ${productColumns(sql)} FROM products
      WHERE sku = ANY (ARRAY(SELECT sku FROM ranked WHERE place <= ${limit}))
      ORDER BY ${inOrder(sql, 'SKU', direction)}`;
  };
}
