// Compares the staged rows of a partition with the catalogue, and keeps the differences in the temporary table
// `merge_changes`, in the order of SKU. All further statements work on it.

import type postgres from 'postgres';
import { type StagedColumns, type Staging, stagingTable } from '../imports/staging.ts';
import { allowAll, allowOnly, type JoinMethod } from './join-method.ts';
import type { MergeTurn } from './merge-turn.ts';
import { lockPartition, type PartitionLedger } from './partition-ledger.ts';
import { requireStagedRows } from './require-staged-rows.ts';
import { type KeptColumns, rowDiffers } from './row-changes.ts';
import { type ClaimChange, claimDiffers } from './source-claims.ts';
import { type FileForm, recordExpression, supersedingOrder } from './superseded-issues.ts';

export interface PartitionMerge extends Staging, StagedColumns, FileForm, KeptColumns {
  partition: number;
  /** Whether the catalogue was empty when the merge started, so that no staged row can match a product. */
  firstLoad: boolean;
  /** How the merge changes the claims of data sources; undefined if it does not. */
  claims: ClaimChange | undefined;
}

type Comparison = { changes: number } | { ledger: PartitionLedger };

/**
 * @returns the number of rows in `merge_changes`; the ledger if the partition is merged already
 * @throws StagingLostError
 */
export async function comparePartition(
  sql: postgres.Sql,
  turn: MergeTurn,
  merge: PartitionMerge,
): Promise<Comparison> {
  return sql.begin(async (tx) => {
    await turn.hold(tx);
    const { mergedAt, mergedThrough, ...ledger } = await lockPartition(tx, merge);
    if (mergedAt) return { ledger };
    await requireStagedRows(tx, stagingTable(merge, merge.partition), ledger.staged);
    const method = await chooseMethod(tx, merge);
    const { statement, parameters } = collectChanges(merge, mergedThrough);
    await tx.unsafe(`TRUNCATE merge_changes; ${allowOnly(method)}`);
    const { count } = await tx.unsafe(statement, parameters);
    await tx.unsafe(allowAll(method));
    return { changes: count };
  }) as Promise<Comparison>;
}

/**
 * Each staged row that has to be written is NEW, CHANGED or merely a CLAIM; rows that later ones of the file replace are
 * SUPERSEDED. `next_line` is the line of the row that replaces it; 0 if the row was superseded already in the file from
 * whose issues it comes.
 *
 * @param mergedThrough the last SKU whose row was written by an earlier attempt, and which others may have edited since
 */
function collectChanges(
  merge: PartitionMerge,
  mergedThrough: string | null,
): { statement: string; parameters: string[] } {
  const differs = rowDiffers(merge, 'staged');
  const claim = merge.claims && claimDiffers(merge.claims, 'staged.sku', '$2');
  const statement = `
    INSERT INTO merge_changes
    SELECT row_number() OVER (ORDER BY staged.sku),
      CASE WHEN staged.next_line IS NOT NULL THEN 'SUPERSEDED' WHEN products.sku IS NULL THEN 'NEW'
        WHEN ${differs} THEN 'CHANGED' ELSE 'CLAIM' END,
      staged.sku, staged.name, staged.description, products.name, staged.line, staged.next_line,
      CASE WHEN staged.next_line IS NOT NULL THEN ${recordExpression(merge, 'staged')} END
      ${merge.withAttributes ? ', staged.attributes' : ''}
    FROM (
      SELECT *, CASE ${merge.withSuperseded ? 'WHEN passed_over THEN 0' : ''}
        WHEN lead(sku) OVER in_order = sku THEN lead(line) OVER in_order END AS next_line
      FROM ${stagingTable(merge, merge.partition)}
      WINDOW in_order AS (${merge.withSuperseded ? 'PARTITION BY passed_over' : ''} ORDER BY ${supersedingOrder(merge.winner)})
    ) staged
    LEFT JOIN (SELECT * FROM products ${merge.firstLoad ? 'WHERE FALSE' : ''}) products
      ON products.sku = staged.sku AND staged.next_line IS NULL
    WHERE staged.next_line IS NOT NULL
      OR (products.sku IS NULL OR ${differs} ${claim ? `OR ${claim.condition}` : ''}) AND staged.sku > $1`;
  return { statement, parameters: [mergedThrough ?? '', ...(claim?.parameters ?? [])] };
}

const MAX_HASHED_SIZE = 4;

/** A first load needs neither: no SKU is in two partitions, and nobody else inserts at the same time. */
async function chooseMethod(tx: postgres.TransactionSql, merge: PartitionMerge): Promise<JoinMethod> {
  const [size] = await tx<{ isSmall: boolean }[]>`
    SELECT pg_relation_size('products') <= ${MAX_HASHED_SIZE}::bigint
      * pg_relation_size(${stagingTable(merge, merge.partition)}::text::regclass) AS "isSmall"`;
  return size?.isSmall ? 'HASH' : 'LOOKUP';
}
