// What an undo restores, as the content of a partition: there are no staged rows, as all of it is in the database.

import type postgres from 'postgres';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import { allowAll, allowOnly } from '../join-method.ts';
import type { PartitionContent } from '../partitions/merge-partition.ts';
import type { PartitionState } from '../partitions/partition-ledger.ts';
import { changesOf, isAsLeft, type UndoneImport } from './changed-products.ts';
import { type SliceUndo, undoSlice } from './undo-slice.ts';

export interface PartitionUndo extends SliceUndo {
  undone: UndoneImport;
  partition: number;
  /** The number of partitions. */
  partitions: number;
}

/**
 * @returns how many products of each partition the import has changed
 */
export async function countChanges(
  sql: postgres.Sql,
  undone: UndoneImport,
  partitions: number,
): Promise<number[]> {
  const counted = await sql.unsafe<{ partition: number; products: number }[]>(
    `SELECT ${partitionOf(partitions)} AS partition, count(*) AS products
    FROM (${changesOf(undone, 'true')}) change GROUP BY 1`,
  );
  const counts = new Array<number>(partitions).fill(0);
  for (const { partition, products } of counted) counts[Number(partition)] = products;
  return counts;
}

export function undoPartition(undo: PartitionUndo): PartitionContent {
  const { importId, partition } = undo;
  return {
    importId,
    partition,
    // What it brings back is in product_changes.
    firstLoad: false,
    compare: (tx, { changes }, state) => collectChanges(tx, changes, undo, state),
    write: (tx, slice) => undoSlice(tx, slice, undo),
    complete: async () => ({ superseded: 0, kept: 0 }),
  };
}

/** About; statistics may say anything. */
const PRODUCT_BYTES = 200;

async function collectChanges(
  tx: postgres.TransactionSql,
  changes: string,
  { undone, partition, partitions }: PartitionUndo,
  { staged, mergedThrough }: Pick<PartitionState, 'staged' | 'mergedThrough'>,
): Promise<number> {
  const [catalogue] = await tx<{ isSmall: boolean }[]>`
    SELECT stored_size('products') <= ${4 * staged * PRODUCT_BYTES}::bigint AS "isSmall"`;
  const method = catalogue?.isSmall ? 'HASH' : 'LOOKUP';
  const condition = `${partitionOf(partitions)} = ${partition} AND sku > ${quoteLiteral(mergedThrough ?? '')}`;
  await tx.unsafe(allowOnly(method));
  const { count } = await tx.unsafe(
    `INSERT INTO ${changes} (
      outcome, sku, name, description, attributes, updated_at, changed_by,
      old_name, old_description, old_attributes, old_updated_at, old_changed_by
    )
    SELECT
      CASE WHEN NOT coalesce(${isAsLeft(undone)}, false) THEN 'KEPT'
        ELSE CASE change.kind WHEN 'INSERTED' THEN 'GONE' WHEN 'DELETED' THEN 'NEW' ELSE 'CHANGED' END END,
      change.sku, change.old_name, change.old_description, change.old_attributes, change.old_updated_at,
      change.old_changed_by,
      products.name, products.description, products.attributes, products.updated_at, products.changed_by
    FROM (${changesOf(undone, condition)}) change
    LEFT JOIN products ON products.sku = change.sku
    ORDER BY change.sku`,
  );
  await tx.unsafe(allowAll(method));
  return count;
}

/** An expression of the column `sku`. */
function partitionOf(partitions: number): string {
  return `((hashtextextended(sku, 0) & 1023) % ${partitions})`;
}
