// Finds products by name, by the beginning of a SKU and by a part of the name, in the order of SKUs.
//
// A part of a name can be rare or in half of all names, and each wants its own plan. Where few products have it,
// they are fetched by their names and sorted. Where many have it, walking the products in the order of SKUs meets
// enough of them soon. A bounded look at the names and their counts tells which it is.

import type postgres from 'postgres';
import { allOf, type Page, readPage, type Window } from './keyset.ts';
import type { products } from './tables.ts';
import { endOfPrefix } from './text-order.ts';

export type Product = typeof products.$inferSelect;

/** Conditions that all have to hold. */
export interface ProductFilter {
  /** The whole name, letter for letter. */
  name?: string | undefined;
  /** The beginning of the SKU, letter for letter. */
  skuPrefix?: string | undefined;
  /** A part of the name; letter case does not matter. */
  nameContains?: string | undefined;
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
  const names = await fewMatchingNames(sql, filter);
  const readRange = names ? byNames(sql, names) : inSkuOrder(sql, nameConditions(sql, filter));
  const prefix = skuConditions(sql, filter);
  const after = window.after === undefined ? [] : [sql`sku > ${window.after}`];
  const before = window.before === undefined ? [] : [sql`sku < ${window.before}`];
  const hasRow = async (edge: postgres.Fragment, direction: Direction) =>
    (await readRange(allOf(sql, [...prefix, edge]), direction, 1)).length > 0;

  return readPage(window, {
    rows: (limit) =>
      readRange(
        allOf(sql, [...prefix, ...after, ...before]),
        window.backwards ? 'descending' : 'ascending',
        limit,
      ),
    hasRowsBefore: () => hasRow(sql`sku <= ${window.after ?? ''}`, 'descending'),
    hasRowsAfter: () => hasRow(sql`sku >= ${window.before ?? ''}`, 'ascending'),
  });
}

export async function countProducts(sql: postgres.TransactionSql, filter: ProductFilter): Promise<number> {
  const names = await fewMatchingNames(sql, filter);
  const conditions = names ? [sql`name = ANY(${names}::text[])`] : nameConditions(sql, filter);
  // The counts by name add up to the products, and are fewer rows to read.
  const [counted] =
    filter.skuPrefix === undefined
      ? await sql<{ total: number }[]>`
          SELECT coalesce(sum(product_count), 0)::bigint AS total FROM product_name_counts
          WHERE ${allOf(sql, conditions)}`
      : await sql<{ total: number }[]>`
          SELECT count(*) AS total FROM products
          WHERE ${allOf(sql, [...conditions, ...skuConditions(sql, filter)])}`;
  return counted?.total ?? 0;
}

function inSkuOrder(sql: postgres.TransactionSql, conditions: postgres.Fragment[]): ReadRange {
  return (range, direction, limit) => sql<Product[]>`
    SELECT ${productColumns(sql)} FROM products
    WHERE ${allOf(sql, [...conditions, range])}
    ORDER BY ${bySku(sql, direction)} LIMIT ${limit}`;
}

function byNames(sql: postgres.TransactionSql, names: string[]): ReadRange {
  // The inner LIMIT makes the planner go name by name along the index, whatever it thinks of the list's length.
  return (range, direction, limit) => sql<Product[]>`
    SELECT of_name.*
    FROM unnest(${names}::text[]) AS matching (name)
    CROSS JOIN LATERAL (
      SELECT ${productColumns(sql)} FROM products
      WHERE products.name = matching.name AND ${range}
      ORDER BY ${bySku(sql, direction)} LIMIT ${limit}
    ) AS of_name
    ORDER BY ${bySku(sql, direction)} LIMIT ${limit}`;
}

/** The names that contain the wanted part, or undefined when they are not few, or no part is asked for. */
async function fewMatchingNames(
  sql: postgres.TransactionSql,
  { name, nameContains }: ProductFilter,
): Promise<string[] | undefined> {
  // How common a name is decides the plan: one made for no name in particular will not do.
  if (name !== undefined || nameContains !== undefined) {
    await sql`SET LOCAL plan_cache_mode = force_custom_plan`;
  }
  if (name !== undefined || nameContains === undefined) return undefined;
  const found = await sql<{ name: string; productCount: number }[]>`
    SELECT candidate.name, in_use.product_count AS "productCount"
    FROM (
      SELECT name FROM product_name_search WHERE fold_name(name) LIKE fold_name(${containing(nameContains)})
      UNION ALL
      SELECT name FROM product_names_unindexed WHERE ${contains(sql, nameContains)}
    ) AS candidate
    CROSS JOIN LATERAL (
      SELECT product_count FROM product_name_counts AS counts WHERE counts.name = candidate.name LIMIT 1
    ) AS in_use
    LIMIT ${FEW_NAMES + 1}`;
  const counts = new Map(found.map((row) => [row.name, row.productCount]));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return found.length > FEW_NAMES || total > FEW_PRODUCTS ? undefined : [...counts.keys()];
}

function nameConditions(
  sql: postgres.TransactionSql,
  { name, nameContains }: ProductFilter,
): postgres.Fragment[] {
  return [
    ...(name === undefined ? [] : [sql`name = ${name}`]),
    ...(nameContains === undefined ? [] : [contains(sql, nameContains)]),
  ];
}

function skuConditions(sql: postgres.TransactionSql, { skuPrefix }: ProductFilter): postgres.Fragment[] {
  if (skuPrefix === undefined) return [];
  const end = endOfPrefix(skuPrefix);
  return [sql`sku >= ${skuPrefix}`, ...(end === undefined ? [] : [sql`sku < ${end}`])];
}

function contains(sql: postgres.TransactionSql, part: string): postgres.Fragment {
  // The planner takes LIKE for far more selective than it is here and would sort all products; this it takes for
  // one row in three, and walks the index.
  return sql`strpos(fold_name(name), fold_name(${part})) > 0`;
}

function containing(part: string): string {
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`;
}

function productColumns(sql: postgres.TransactionSql): postgres.Fragment {
  return sql`sku, name, description, updated_at AS "updatedAt"`;
}

function bySku(sql: postgres.TransactionSql, direction: Direction): postgres.Fragment {
  return direction === 'ascending' ? sql`sku` : sql`sku DESC`;
}
