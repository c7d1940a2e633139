// Reads and counts products that match a filter, ordered by SKU.
//
// A text can be in a few names or in half of them, and each case needs its own plan. If it is in many, a page is soon full
// when products are read in the order of SKUs; if it is in few, they are fetched by their names and sorted. What a text is
// like shows only when it is looked for: so a bounded number of products is read first, then the names and their counts.

import type postgres from 'postgres';
import { prefixUpperBound } from '../postgres/collation.ts';
import { allOf, type Page, readPage, type Window } from '../postgres/keyset.ts';
import type { Attributes, products } from '../tables.ts';
import { hasPart, isOneOf, namesContaining, type PlanBy, planBy } from './name-substring-search.ts';
import { exactNameIndex, hasAttributeIndex } from './product-indexes.ts';

export type Product = Omit<typeof products.$inferSelect, 'changedBy' | 'attributes'> & {
  attributes: Attributes;
};

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
  /** An attribute and its exact value. */
  attribute?: { name: string; value: string } | undefined;
}

/** Up to this many names with this many products in total, fetching products by name is cheaper. */
const FEW_NAMES = 5_000;
const FEW_PRODUCTS = 20_000;

/** Products that are read in the order of SKUs before anything else: enough for texts that one in 300 contains. */
const FIRST_ROWS = 6_000;
/** Reading so many products in the order of SKUs takes no longer than fetching one by its name. */
const ROWS_PER_LOOKUP = 2;
/** The same for reading a page of the table in a scan that looks for names. */
const ROWS_PER_PAGE = 1;

/** Reads the products in a range of SKUs, in the order of SKUs. */
type ReadRange = (range: postgres.Fragment, direction: Direction, limit: number) => PromiseLike<Product[]>;
export type Direction = 'ascending' | 'descending';

export async function readProducts(
  sql: postgres.TransactionSql,
  window: Window<string>,
  filter: ProductFilter,
): Promise<Page<Product>> {
  const readRange =
    filter.attribute !== undefined
      ? byAttribute(sql, filter)
      : textOf(filter) === undefined
        ? inSkuOrder(sql, filter)
        : byText(sql, filter);
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
  const found = await fewMatchingNames(sql, filter);
  const { name, nameContains, search, skuPrefix, attribute } = filter;
  const asksNameTwice = search !== undefined && (name !== undefined || nameContains !== undefined);
  if (skuPrefix !== undefined || attribute !== undefined || asksNameTwice)
    return countRows(sql, filterConditions(sql, filter));

  // The counts by name add up to the same number, and are fewer rows to read.
  const named = found
    ? isOneOf(sql, found.names)
    : allOf(sql, nameConditions(sql, name, nameContains ?? search));
  const [counted] = await sql<{ total: number }[]>`
    SELECT coalesce(sum(product_count), 0)::bigint AS total FROM product_name_counts WHERE ${named}`;
  const bySku =
    search === undefined ? 0 : await countRows(sql, [...skuConditions(sql, search), sql`NOT (${named})`]);
  return (counted?.total ?? 0) + bySku;
}

/**
 * The condition of a statement that reads all products of the filter.
 *
 * @returns it, made with any `sql`
 */
export async function matchingProducts(
  sql: postgres.TransactionSql,
  filter: ProductFilter,
): Promise<(sql: postgres.TransactionSql) => postgres.Fragment> {
  const found = await fewMatchingNames(sql, filter);
  await planBy(sql, 'COST');
  return (into) =>
    found
      ? allOf(into, [nameOrSku(into, found.names, filter), ...skuConditions(into, filter.skuPrefix)])
      : allOf(into, filterConditions(into, filter));
}

async function countRows(sql: postgres.TransactionSql, conditions: postgres.Fragment[]): Promise<number> {
  const [counted] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM products WHERE ${allOf(sql, conditions)}`;
  return counted?.total ?? 0;
}

function inSkuOrder(sql: postgres.TransactionSql, filter: ProductFilter): ReadRange {
  return (range, direction, limit) => sql<Product[]>`
    SELECT ${productColumns(sql)} FROM products
    WHERE ${allOf(sql, [...filterConditions(sql, filter), range])}
    ORDER BY ${inOrder(sql, direction)} LIMIT ${limit}`;
}

/** The same, but reads only the first so many products of the range, whether or not they match. */
function firstInSkuOrder(
  sql: postgres.TransactionSql,
  conditions: postgres.Fragment[],
  rows: number,
): ReadRange {
  return (range, direction, limit) => sql<Product[]>`
    SELECT ${productColumns(sql)} FROM (
      SELECT * FROM products WHERE ${range} ORDER BY ${inOrder(sql, direction)} LIMIT ${rows}
    ) AS first
    WHERE ${allOf(sql, conditions)}
    ORDER BY ${inOrder(sql, direction)} LIMIT ${limit}`;
}

/** By the index of attributes, unless a page is full before. Without the index, all products of the range may be read. */
function byAttribute(sql: postgres.TransactionSql, filter: ProductFilter): ReadRange {
  const conditions = filterConditions(sql, filter);
  return async (range, direction, limit) => {
    await planBy(sql, 'ORDER');
    const first = await firstInSkuOrder(sql, conditions, FIRST_ROWS)(range, direction, limit);
    if (first.length === limit) return first;
    await planBy(sql, (await hasAttributeIndex(sql)) ? 'LOOKUPS' : 'COST');
    // Materialized, as the planner might look for them in the order of SKUs otherwise.
    return sql<Product[]>`
      WITH matching AS MATERIALIZED (
        SELECT sku FROM products WHERE ${allOf(sql, [...conditions, range])}
      )
      SELECT ${productColumns(sql)} FROM products
      WHERE sku = ANY (ARRAY(SELECT sku FROM matching ORDER BY ${inOrder(sql, direction)} LIMIT ${limit}))
      ORDER BY ${inOrder(sql, direction)}`;
  };
}

/** For a filter with a single text that names must contain. */
function byText(sql: postgres.TransactionSql, filter: ProductFilter): ReadRange {
  const prefix = skuConditions(sql, filter.skuPrefix);
  const matches = textConditions(sql, filter);
  let search: Promise<NamesToFetch | undefined> | undefined;

  return async (part, direction, limit) => {
    const range = allOf(sql, [part, ...prefix]);
    const readFirst = async (conditions: postgres.Fragment[], rows: number) => {
      await planBy(sql, 'ORDER');
      return firstInSkuOrder(sql, conditions, rows)(range, direction, limit);
    };
    const first = await readFirst(matches, FIRST_ROWS);
    if (first.length === limit) return first;

    search ??= namesToFetch(sql, filter);
    const found = await search;
    if (!found) {
      await planBy(sql, 'ORDER');
      return inSkuOrder(sql, filter)(part, direction, limit);
    }
    const { names, affordableRows, by } = found;
    // By statistics: if they are wrong, nothing but this time is lost.
    const neededRows = (limit * found.allProducts) / found.products;
    if (affordableRows > FIRST_ROWS && affordableRows > neededRows) {
      const next = await readFirst([nameOrSku(sql, names, filter)], affordableRows);
      if (next.length === limit) return next;
    }
    await planBy(sql, by);
    return byNames(sql, names, filter)(part, direction, limit);
  };
}

interface NamesToFetch extends MatchingNames {
  /** How many products can be read in the order of SKUs in the time that fetching by names takes. */
  affordableRows: number;
  /** According to statistics. */
  allProducts: number;
  by: PlanBy;
}

async function namesToFetch(
  sql: postgres.TransactionSql,
  filter: ProductFilter,
): Promise<NamesToFetch | undefined> {
  const found = await fewMatchingNames(sql, filter);
  if (!found) return undefined;
  const [table] = await sql<{ rows: number; pages: number; isIndexed: boolean }[]>`
    SELECT reltuples AS rows, pg_relation_size(oid) / current_setting('block_size')::bigint AS pages,
      EXISTS (${exactNameIndex(sql)}) AS "isIndexed"
    FROM pg_class WHERE oid = 'products'::regclass`;
  const { rows: allProducts = 0, pages = 0, isIndexed = false } = table ?? {};
  // Without its index (see product-indexes.ts), a forced index lookup would read all products in the order of SKUs.
  return isIndexed
    ? { ...found, affordableRows: found.products * ROWS_PER_LOOKUP, allProducts, by: 'LOOKUPS' }
    : { ...found, affordableRows: pages * ROWS_PER_PAGE, allProducts, by: 'COST' };
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

interface MatchingNames {
  names: string[];
  /** How many products have them. */
  products: number;
}

/** The names that contain the text; undefined if they are not few, or if the filter is not for a single text. */
async function fewMatchingNames(
  sql: postgres.TransactionSql,
  filter: ProductFilter,
): Promise<MatchingNames | undefined> {
  const part = textOf(filter);
  if (part === undefined) return undefined;
  const candidates = await namesContaining(sql, part);
  if (candidates === undefined) return undefined;
  const used = await sql<{ name: string; productCount: number }[]>`
    SELECT name, product_count AS "productCount" FROM product_name_counts WHERE ${isOneOf(sql, candidates)}`;
  const products = used.reduce((sum, { productCount }) => sum + productCount, 0);
  if (used.length <= FEW_NAMES && products <= FEW_PRODUCTS) {
    return { names: used.map((row) => row.name), products };
  }
  await planBy(sql, 'COST');
  return undefined;
}

/** The text that names must contain, if there is a single one, and neither an exact name nor an attribute. */
function textOf({ name, nameContains, search, attribute }: ProductFilter): string | undefined {
  const [part, ...others] = [nameContains, search].filter((each) => each !== undefined);
  return name === undefined && attribute === undefined && others.length === 0 ? part : undefined;
}

function filterConditions(sql: postgres.TransactionSql, filter: ProductFilter): postgres.Fragment[] {
  const { name, skuPrefix, attribute } = filter;
  return [
    ...(attribute === undefined ? [] : [hasAttribute(sql, attribute)]),
    ...nameConditions(sql, name, undefined),
    ...skuConditions(sql, skuPrefix),
    ...textConditions(sql, filter),
  ];
}

function textConditions(
  sql: postgres.TransactionSql,
  { nameContains, search }: ProductFilter,
): postgres.Fragment[] {
  return [
    ...nameConditions(sql, undefined, nameContains),
    ...(search === undefined ? [] : [orSku(sql, hasPart(sql, search), search)]),
  ];
}

/** That a product has one of the names; or, for a search, a SKU that begins with its text. */
function nameOrSku(
  sql: postgres.TransactionSql,
  names: readonly string[],
  { search }: ProductFilter,
): postgres.Fragment {
  const named = isOneOf(sql, names);
  return search === undefined ? named : orSku(sql, named, search);
}

function orSku(sql: postgres.TransactionSql, named: postgres.Fragment, prefix: string): postgres.Fragment {
  return sql`(${named} OR (${allOf(sql, skuConditions(sql, prefix))}))`;
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

function hasAttribute(
  sql: postgres.TransactionSql,
  { name, value }: NonNullable<ProductFilter['attribute']>,
): postgres.Fragment {
  return sql`attributes @> jsonb_build_object(${name}::text, ${value}::text)`;
}

export function productColumns(sql: postgres.ISql): postgres.Fragment {
  return sql`sku, name, description, updated_at AS "updatedAt", coalesce(attributes, '{}') AS attributes`;
}

export function inOrder(sql: postgres.TransactionSql, direction: Direction): postgres.Fragment {
  return direction === 'ascending' ? sql`sku` : sql`sku DESC`;
}
