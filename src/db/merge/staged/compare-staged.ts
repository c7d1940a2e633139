// Compares the staged rows of a partition with the catalogue, and keeps the differences in the work table
// `changes`. All further statements work on it.

import type postgres from 'postgres';
import { stagedSkus } from '../../imports/staging.ts';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import { type ClaimChange, claimDiffers } from '../claims/source-claims.ts';
import { allowAll, allowOnly, type JoinMethod } from '../join-method.ts';
import type { PartitionState } from '../partitions/partition-ledger.ts';
import { requireStagedRows, requireTables } from '../superseded/require-staged-rows.ts';
import { separateSuperseded } from '../superseded/separate-superseded.ts';
import type { FileForm } from '../superseded/superseded-issues.ts';
import type { WorkTables } from '../turn/merge-session.ts';
import {
  chooseMethod,
  differs,
  outcome,
  type StagedPartition,
  stagedWithProducts,
} from './staged-comparison.ts';

export interface PartitionMerge extends StagedPartition, FileForm {
  /** Whether the catalogue was empty when the merge started, so that no staged row can match a product. */
  firstLoad: boolean;
  /** The number of the import, which is written with each product. */
  importNumber: number;
  /** How the merge changes the claims of data sources; undefined if it does not. */
  claims: ClaimChange | undefined;
  /** How many superseded rows of all partitions are kept as issues; undefined: all. */
  issueLimit: number | undefined;
}

/**
 * @returns the number of rows in `changes`
 * @throws StagingLostError
 */
export async function compareStaged(
  tx: postgres.TransactionSql,
  { changes }: Pick<WorkTables, 'changes'>,
  merge: PartitionMerge,
  { staged, mergedThrough }: Pick<PartitionState, 'staged' | 'mergedThrough'>,
): Promise<number> {
  // First of all: where the catalogue is on several nodes, its size is not to be had once the transaction has written.
  const method = await requireTables(chooseMethod(tx, merge));
  await separateSuperseded(tx, merge);
  await requireStagedRows(tx, stagedSkus(merge, merge.partition), staged);
  await tx.unsafe(allowOnly(method));
  const { count } = await tx.unsafe(collectChanges(changes, merge, method, mergedThrough ?? ''));
  await tx.unsafe(allowAll(method));
  return count;
}

/**
 * Each staged row that has to be written is NEW, CHANGED or merely a CLAIM.
 *
 * @param mergedThrough the last SKU whose row was written by an earlier attempt, and which others may have edited since
 */
function collectChanges(
  changes: string,
  merge: PartitionMerge,
  method: JoinMethod,
  mergedThrough: string,
): string {
  const claim = merge.claims && claimDiffers(merge.claims, 'staged');
  return `
    INSERT INTO ${changes} (
      outcome, sku, name, description,
      old_name, old_description, old_updated_at, old_changed_by, old_attributes${merge.withAttributes ? ', attributes' : ''}
    )
    SELECT coalesce(${outcome(merge)}, 'CLAIM'), staged.sku, staged.name, staged.description,
      products.name, products.description, products.updated_at, products.changed_by,
      products.attributes${merge.withAttributes ? ', staged.attributes' : ''}
    FROM ${stagedWithProducts(merge, method, !merge.firstLoad)} ${claim?.join ?? ''}
    WHERE (products.sku IS NULL OR ${differs(merge)} ${claim ? `OR ${claim.condition}` : ''})
      AND staged.sku > ${quoteLiteral(mergedThrough)}
    ORDER BY staged.sku`;
}
