// How the staged rows of a partition compare with products: what a merge and a preview have in common. Superseded rows have
// been moved before.

import type postgres from 'postgres';
import { type StagedColumns, type Staging, stagingTable } from '../../imports/staging.ts';
import type { JoinMethod } from '../join-method.ts';
import type { Winner } from '../superseded/superseded-issues.ts';
import { type KeptColumns, rowDiffers } from './row-changes.ts';

export interface StagedPartition extends Staging, StagedColumns, KeptColumns {
  partition: number;
  /** Which row of a SKU is imported. */
  winner: Winner;
}

/**
 * @param withProducts whether there may be products that the rows match
 * @returns a FROM clause: each row as `staged`, with its product as `products`. Products that are looked up are in the order
 *   of their key
 */
export function stagedWithProducts(rows: StagedPartition, method: JoinMethod, withProducts: boolean): string {
  const staged = stagingTable(rows, rows.partition);
  return `(SELECT *, ctid AS id FROM ${staged} ${method === 'LOOKUP' ? 'ORDER BY sku' : ''}) staged
    LEFT JOIN (SELECT * FROM products ${withProducts ? '' : 'WHERE FALSE'}) products ON products.sku = staged.sku`;
}

/** @returns the condition that a row changes its product */
export function differs(rows: KeptColumns): string {
  return rowDiffers(rows, 'staged');
}

/** @returns the expression for what a row that makes a difference does */
export function outcome(rows: KeptColumns): string {
  return `CASE WHEN products.sku IS NULL THEN 'NEW' WHEN ${differs(rows)} THEN 'CHANGED' END`;
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
