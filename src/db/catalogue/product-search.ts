// Finds products by name, by the beginning of a SKU and by a part of the name, in the order of SKUs; and, for a search
// box, by either of the last two.
//
// A part of a name can be rare or in half of all names, and each wants its own plan. Where few products have it,
// they are fetched by their names and sorted. Where many have it, walking the products in the order of SKUs meets
// enough of them soon. A bounded look at the names and their counts tells which it is.

import type postgres from 'postgres';
import { prefixUpperBound } from '../postgres/collation.ts';
import { allOf, type Page, readPage, type Window } from '../postgres/keyset.ts';
import type { products } from '../tables.ts';
import { hasIndex } from './name-index.ts';
import { hasPart, isOneOf, namesContaining, planByIndexes } from './name-search.ts';

export type Product = typeof products.$inferSelect;

/** Conditions that all have to hold. */
export interface ProductFilter {
  /** The whole name, letter for letter. */
  name?: string | undefined;
  /** The beginning of the SKU, letter for letter. */
  skuPrefix?: string | undefined;
  /** A part of the name; letter case does not matter. */
  nameContains?: string | undefined;
  /** The beginning of the SKU, letter for letter, or a part of the name, whatever its letter case. */
  search?: string | undefined;
}

/** Up to so many names with so many products in all, going from names to products is the cheaper way. */
const FEW_NAMES = 5_000;
const FEW_PRODUCTS = 20_000;

/** Reads products in the order of SKUs, as far as a range of SKUs goes. */
type ReadRange = (range: postgres.Fragment, direction: Direction, limit: number) => PromiseLike<Product[]>;
type Direction = 'ascending' | 'descending';

export async function readProducts(
  sql: postgres.TransactionSql,
  window: Window<string>,
  filter: ProductFilter,
): Promise<Page<Product>> {
  const conditions = filterConditions(sql, filter);
  const names = await fewMatchingNames(sql, filter);
  // A walk along all SKUs would stand in for the index that a large first load goes without.
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

  // The counts by name add up to the products, and are fewer rows to read.
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
  // A search also finds products by their SKU: here those that it does not find by their name.
  const bySku = [...skuConditions(sql, search), sql`NOT (${isOneOf(sql, names)})`, ...prefix];
  // Materialized: they are few, and are not to be met one by one on a walk along all SKUs.
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

/** The names that have the wanted part, or undefined when they are not few, or it is not a part that is wanted. */
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
