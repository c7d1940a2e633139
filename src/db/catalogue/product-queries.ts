// Reads and counts products that match a filter, ordered by SKU.
//
// A text can be in a few names or in half of them, and each case needs its own plan. Few products are fetched by their
// names and sorted. For many, a scan of the products in the order of SKUs soon finds enough. A bounded read of the
// names and their counts decides.

import type postgres from 'postgres';
import { prefixUpperBound } from '../postgres/collation.ts';
import { allOf, type Page, readPage, type Window } from '../postgres/keyset.ts';
import type { products } from '../tables.ts';
import { hasIndex } from './exact-name-index.ts';
import { hasPart, isOneOf, namesContaining, planByIndexes } from './name-substring-search.ts';

export type Product = typeof products.$inferSelect;

/** All conditions must match. */
export interface ProductFilter {
  /** The exact name. */
  name?: string | undefined;
  /** The beginning of the SKU. Case-sensitive. */
  skuPrefix?: string | undefined;
  /** Text anywhere in the name. Case-insensitive. */
  nameContains?: string | undefined;
  /** Either of the last two: the beginning of the SKU, or text anywhere in the name. */
  search?: string | undefined;
}

/** Up to this many names with this many products in total, fetching products by name is cheaper. */
const FEW_NAMES = 5_000;
const FEW_PRODUCTS = 20_000;

/** Reads the products in a range of SKUs, in the order of SKUs. */
type ReadRange = (range: postgres.Fragment, direction: Direction, limit: number) => PromiseLike<Product[]>;
type Direction = 'ascending' | 'descending';

export async function readProducts(
  sql: postgres.TransactionSql,
  window: Window<string>,
  filter: ProductFilter,
): Promise<Page<Product>> {
  const conditions = filterConditions(sql, filter);
  const names = await fewMatchingNames(sql, filter);
  // Without its index (see exact-name-index.ts), a forced index lookup would scan all SKUs instead.
  if (names && !(await hasIndex(sql))) await planByIndexes(sql, false);
  const readRange = names ? byNames(sql, names, filter) : inSkuOrder(sql, conditions);
  const after = window.after === undefined ? [] : [sql`sku > ${window.after}`];
  const before = window.before === undefined ? [] : [sql`sku < ${window.before}`];
  const hasRow = async (edge: postgres.Fragment, direction: Direction) =>
    (await readRange(edge, direction, 1)).length > 0;

  return readPage(window, {
    rows: (limit) =>
      readRange(allOf(sql, [...after, ...before]), window.backwards ? 'descending' : 'ascending', limit),
    hasRowsBefore: () => hasRow(sql`sku <= ${window.after ?? ''}`, 'descending'),
    hasRowsAfter: () => hasRow(sql`sku >= ${window.before ?? ''}`, 'ascending'),
  });
}

export async function countProducts(sql: postgres.TransactionSql, filter: ProductFilter): Promise<number> {
  const names = await fewMatchingNames(sql, filter);
  const { name, nameContains, search, skuPrefix } = filter;
  const asksNameTwice = search !== undefined && (name !== undefined || nameContains !== undefined);
  if (skuPrefix !== undefined || asksNameTwice) return countRows(sql, filterConditions(sql, filter));

  // The counts by name add up to the same number, and are fewer rows to read.
  const named = names ? isOneOf(sql, names) : allOf(sql, nameConditions(sql, name, nameContains ?? search));
  const [counted] = await sql<{ total: number }[]>`
    SELECT coalesce(sum(product_count), 0)::bigint AS total FROM product_name_counts WHERE ${named}`;
  const bySku =
    search === undefined ? 0 : await countRows(sql, [...skuConditions(sql, search), sql`NOT (${named})`]);
  return (counted?.total ?? 0) + bySku;
}

async function countRows(sql: postgres.TransactionSql, conditions: postgres.Fragment[]): Promise<number> {
  const [counted] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM products WHERE ${allOf(sql, conditions)}`;
  return counted?.total ?? 0;
}

function inSkuOrder(sql: postgres.TransactionSql, conditions: postgres.Fragment[]): ReadRange {
  return (range, direction, limit) => sql<Product[]>`
    SELECT ${productColumns(sql)} FROM products
    WHERE ${allOf(sql, [...conditions, range])}
    ORDER BY ${inOrder(sql, direction)} LIMIT ${limit}`;
}

function byNames(
  sql: postgres.TransactionSql,
  names: string[],
  { skuPrefix, search }: ProductFilter,
): ReadRange {
  const prefix = skuConditions(sql, skuPrefix);
  // A search also finds products by SKU: here those that it does not find by name.
  const bySku = [...skuConditions(sql, search), sql`NOT (${isOneOf(sql, names)})`, ...prefix];
  // Materialized, because they are few; otherwise the planner might look for them in a scan of all SKUs.
  return (range, direction, limit) => sql<Product[]>`
      WITH named AS MATERIALIZED (
        SELECT ${productColumns(sql)} FROM products WHERE ${allOf(sql, [isOneOf(sql, names), ...prefix, range])}
      )
      SELECT * FROM (
        SELECT * FROM named
        UNION ALL (
          SELECT ${productColumns(sql)} FROM products
          WHERE ${search === undefined ? sql`FALSE` : allOf(sql, [...bySku, range])}
          ORDER BY ${inOrder(sql, direction)} LIMIT ${limit}
        )
      ) AS found
      ORDER BY ${inOrder(sql, direction)} LIMIT ${limit}`;
}

/** The names that contain the text; undefined if they are not few, or if the filter is not for a single text. */
async function fewMatchingNames(
  sql: postgres.TransactionSql,
  { name, nameContains, search }: ProductFilter,
): Promise<string[] | undefined> {
  const parts = [nameContains, search].filter((part) => part !== undefined);
  const [part] = parts;
  if (name !== undefined || part === undefined || parts.length > 1) return undefined;
  const candidates = await namesContaining(sql, part);
  if (candidates === undefined) return undefined;
  const used = await sql<{ name: string; productCount: number }[]>`
    SELECT name, product_count AS "productCount" FROM product_name_counts WHERE ${isOneOf(sql, candidates)}`;
  const products = used.reduce((sum, { productCount }) => sum + productCount, 0);
  if (used.length <= FEW_NAMES && products <= FEW_PRODUCTS) return used.map((row) => row.name);
  await planByIndexes(sql, false);
  return undefined;
}

function filterConditions(
  sql: postgres.TransactionSql,
  { name, nameContains, skuPrefix, search }: ProductFilter,
): postgres.Fragment[] {
  return [
    ...nameConditions(sql, name, nameContains),
    ...skuConditions(sql, skuPrefix),
    ...(search === undefined
      ? []
      : [sql`(${hasPart(sql, search)} OR (${allOf(sql, skuConditions(sql, search))}))`]),
  ];
}

function nameConditions(
  sql: postgres.TransactionSql,
  name: string | undefined,
  part: string | undefined,
): postgres.Fragment[] {
  return [
    ...(name === undefined ? [] : [sql`name = ${name}`]),
    ...(part === undefined ? [] : [hasPart(sql, part)]),
  ];
}

function skuConditions(sql: postgres.TransactionSql, prefix: string | undefined): postgres.Fragment[] {
  if (prefix === undefined) return [];
  const end = prefixUpperBound(prefix);
  return [sql`sku >= ${prefix}`, ...(end === undefined ? [] : [sql`sku < ${end}`])];
}

function productColumns(sql: postgres.TransactionSql): postgres.Fragment {
  return sql`sku, name, description, updated_at AS "updatedAt"`;
}

function inOrder(sql: postgres.TransactionSql, direction: Direction): postgres.Fragment {
  return direction === 'ascending' ? sql`sku` : sql`sku DESC`;
}
