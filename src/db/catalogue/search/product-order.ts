// The orders of lists of products, and reading products in them.

import type postgres from 'postgres';
import { allOf } from '../../postgres/sql/keyset.ts';
import { planBy } from '../names/name-substring-search.ts';
import { type Product, productColumns } from '../product.ts';
import { skuConditions } from './product-filter.ts';
import { hasUpdatedIndex } from './product-indexes.ts';

/** A product in a list. */
export interface ListedProduct extends Product {
  /** Its time of change in microseconds since 1970. `updatedAt` has milliseconds, by which products cannot be told apart. */
  updatedMicros: number;
}

/** Where a product is in a list. In an order by SKU, the SKU is enough. */
export type ProductKey = Pick<ListedProduct, 'sku'> & Partial<Pick<ListedProduct, 'name' | 'updatedMicros'>>;

/** Names and SKUs are in byte order. Equal names and times are by SKU, in the same direction. */
export type ProductOrder =
  | 'SKU_ASC'
  | 'SKU_DESC'
  | 'NAME_ASC'
  | 'NAME_DESC'
  | 'UPDATED_AT_ASC'
  | 'UPDATED_AT_DESC';

export type OrderedBy = 'SKU' | 'NAME' | 'UPDATED_AT';
export type Direction = 'ascending' | 'descending';

/** All products between two keys; undefined: from the first, or to the last. */
export interface Range {
  from?: Bound | undefined;
  to?: Bound | undefined;
}

interface Bound {
  key: ProductKey;
  isInclusive: boolean;
}

/** Which products to read. */
export interface Reading {
  range: Range;
  direction: Direction;
  /** Only those whose SKU begins with it, for an order by SKU. */
  prefix?: string | undefined;
  conditions: readonly postgres.Fragment[];
  /** Those of the conditions that the name alone meets or not: other names need not be read. */
  nameConditions?: readonly postgres.Fragment[];
  /** The most products to return. */
  limit: number;
  /** The most products to look at, about; of these, those that meet the conditions are returned. May be infinite. */
  rows: number;
}

const COLUMNS: Record<OrderedBy, string[]> = {
  SKU: ['sku'],
  NAME: ['name', 'sku'],
  UPDATED_AT: ['updated_at', 'sku'],
};

export function parseOrder(order: ProductOrder): { by: OrderedBy; isDescending: boolean } {
  const isDescending = order.endsWith('_DESC');
  return { by: order.replace(/_(A|DE)SC$/, '') as OrderedBy, isDescending };
}

export function inOrder(sql: postgres.ISql, by: OrderedBy, direction: Direction): postgres.Fragment {
  const suffix = direction === 'ascending' ? '' : ' DESC';
  return sql.unsafe(COLUMNS[by].map((column) => column + suffix).join(', '));
}

function listedColumns(sql: postgres.ISql): postgres.Fragment {
  return sql`${productColumns(sql)}, (extract(epoch FROM updated_at) * 1000000)::bigint AS "updatedMicros"`;
}

function inRange(
  sql: postgres.ISql,
  by: OrderedBy,
  { range: { from, to }, prefix }: Pick<Reading, 'range' | 'prefix'>,
): postgres.Fragment[] {
  const columns = sql.unsafe(COLUMNS[by].join(', '));
  return [
    ...skuConditions(sql, prefix),
    ...(from
      ? [sql`(${columns}) ${sql.unsafe(from.isInclusive ? '>=' : '>')} (${keyOf(sql, by, from)})`]
      : []),
    ...(to ? [sql`(${columns}) ${sql.unsafe(to.isInclusive ? '<=' : '<')} (${keyOf(sql, by, to)})`] : []),
  ];
}

function keyOf(sql: postgres.ISql, by: OrderedBy, { key }: Bound): postgres.Fragment {
  const { sku, name = '', updatedMicros = 0 } = key;
  if (by === 'SKU') return sql`${sku}`;
  if (by === 'NAME') return sql`${name}, ${sku}`;
  return sql`timestamptz 'epoch' + ${updatedMicros}::bigint * interval '1 microsecond', ${sku}`;
}

/** Whether products can be read in the order of an index. */
export async function hasOrderIndex(sql: postgres.ISql, by: OrderedBy): Promise<boolean> {
  return by === 'SKU' || (by === 'UPDATED_AT' && (await hasUpdatedIndex(sql)));
}

/** Reads products in the order of an index. Looks at `rows` products of the range, whether or not they match. */
export async function readByIndex(
  sql: postgres.TransactionSql,
  by: OrderedBy,
  reading: Reading,
): Promise<ListedProduct[]> {
  const { direction, conditions, limit, rows } = reading;
  planBy(sql, 'ORDER');
  const order = inOrder(sql, by, direction);
  return sql<ListedProduct[]>`
    SELECT ${listedColumns(sql)} FROM (
      SELECT * FROM products WHERE ${allOf(sql, inRange(sql, by, reading))} ORDER BY ${order} LIMIT ${Number.isFinite(rows) ? rows : null}
    ) AS first
    WHERE ${allOf(sql, [...conditions])}
    ORDER BY ${order} LIMIT ${limit}`;
}

/** Whether the range has no more products than `rows`, so that `readByIndex` has looked at all of them. */
export async function hasAtMost(
  sql: postgres.TransactionSql,
  by: OrderedBy,
  reading: Pick<Reading, 'range' | 'prefix' | 'direction' | 'rows'>,
): Promise<boolean> {
  const next = await sql`
    SELECT FROM products WHERE ${allOf(sql, inRange(sql, by, reading))}
    ORDER BY ${inOrder(sql, by, reading.direction)} OFFSET ${reading.rows} LIMIT 1`;
  return next.length === 0;
}

/** A condition that any `sql` can make. */
export type Condition = (sql: postgres.ISql) => postgres.Fragment;

/** A set of products. */
export interface ProductSet {
  where: Condition;
  /** There may be many, but an index has them in the wanted order: only the first are read. */
  isInOrder?: boolean;
}

/** Finds all products of some sets that have none in common, sorts them, and reads the first. */
export async function readAndSort(
  sql: postgres.TransactionSql,
  by: OrderedBy,
  reading: Omit<Reading, 'rows'>,
  sets: readonly ProductSet[],
): Promise<ListedProduct[]> {
  const { direction, conditions, limit } = reading;
  const order = inOrder(sql, by, direction);
  const shared = [...conditions, ...inRange(sql, by, reading)];
  const found = sets.map(
    ({ where, isInOrder }) => sql`
      (SELECT sku, name, updated_at FROM products WHERE ${allOf(sql, [where(sql), ...shared])}
      ${isInOrder ? sql`ORDER BY ${order} LIMIT ${limit}` : sql``})`,
  );
  const all = found.reduce((union, each) => sql`${union} UNION ALL ${each}`);
  // Materialized, because they are few; otherwise the planner might look for them in a scan of all SKUs.
  return sql<ListedProduct[]>`
    WITH matching AS MATERIALIZED (${all})
    SELECT ${listedColumns(sql)} FROM products
    WHERE sku = ANY (ARRAY(SELECT sku FROM matching ORDER BY ${order} LIMIT ${limit}))
    ORDER BY ${order}`;
}

/** Looks at all products. */
export async function readTable(
  sql: postgres.TransactionSql,
  by: OrderedBy,
  reading: Omit<Reading, 'rows'>,
): Promise<ListedProduct[]> {
  const { direction, conditions, limit } = reading;
  planBy(sql, 'TABLE');
  return sql<ListedProduct[]>`
    SELECT ${listedColumns(sql)} FROM products WHERE ${allOf(sql, [...conditions, ...inRange(sql, by, reading)])}
    ORDER BY ${inOrder(sql, by, direction)} LIMIT ${limit}`;
}
