// How the staged rows of a partition compare with products: what a merge and a preview have in common.

import type postgres from 'postgres';
import { type StagedColumns, type Staging, stagingTable } from '../imports/staging.ts';
import type { JoinMethod } from './join-method.ts';
import { type KeptColumns, rowDiffers } from './row-changes.ts';
import { supersedingOrder, type Winner } from './superseded-issues.ts';

export interface StagedPartition extends Staging, StagedColumns, KeptColumns {
  partition: number;
  /** Which row of a SKU is imported. */
  winner: Winner;
}

type SupersedingRows = Staging & Pick<StagedPartition, 'partition' | 'winner' | 'withSuperseded'>;

/**
 * @param where a condition on rows that leaves all or none of a SKU
 * @returns a subquery: the rows, each with its `id`, and `next_line`: the line of the row that replaces it, if there is one; 0
 *   if the row was superseded already in the file from whose issues it comes
 */
export function withNextLine(rows: SupersedingRows, where = 'true'): string {
  return `(
      SELECT *, ctid AS id,
        ${rows.withSuperseded ? 'CASE WHEN passed_over THEN 0 ELSE' : ''} lead(line) OVER in_order ${rows.withSuperseded ? 'END' : ''} AS next_line
      FROM ${stagingTable(rows, rows.partition)}
      WHERE ${where}
      WINDOW in_order AS (
        PARTITION BY ${rows.withSuperseded ? 'passed_over,' : ''} sku ORDER BY ${supersedingOrder(rows.winner)}
      )
    )`;
}

/** @returns a query for the hashes of SKUs that several rows have. Few rows do, and only those need to be sorted by SKU. */
export function repeatedHashes(rows: SupersedingRows): string {
  return `SELECT hashtextextended(sku, 0) AS hash FROM ${stagingTable(rows, rows.partition)} GROUP BY hash HAVING count(*) > 1`;
}

/**
 * @param withProducts whether there may be products that the rows match
 * @returns a FROM clause: each row as `staged`, with its product as `products`
 */
export function stagedWithProducts(rows: StagedPartition, withProducts: boolean): string {
  return `${withNextLine(rows)} staged
    LEFT JOIN (SELECT * FROM products ${withProducts ? '' : 'WHERE FALSE'}) products
      ON products.sku = staged.sku AND staged.next_line IS NULL`;
}

/** @returns the condition that a row changes its product */
export function differs(rows: KeptColumns): string {
  return rowDiffers(rows, 'staged');
}

/** @returns the expression for what a row that makes a difference does */
export function outcome(rows: KeptColumns): string {
  return `
  CASE WHEN staged.next_line IS NOT NULL THEN 'SUPERSEDED' WHEN products.sku IS NULL THEN 'NEW'
    WHEN ${differs(rows)} THEN 'CHANGED' END`;
}

const MAX_HASHED_SIZE = 4;

/** A first load needs neither: no SKU is in two partitions, and nobody else inserts at the same time. */
export async function chooseMethod(
  tx: postgres.TransactionSql,
  { partition, ...staging }: Staging & { partition: number },
): Promise<JoinMethod> {
  const [size] = await tx<{ isSmall: boolean }[]>`
    SELECT stored_size('products') <= ${MAX_HASHED_SIZE}::bigint
      * stored_size(${stagingTable(staging, partition)}::text::regclass) AS "isSmall"`;
  return size?.isSmall ? 'HASH' : 'LOOKUP';
}
