// What the merge of a partition would do.

import type postgres from 'postgres';
import { stagedSkus, stagingTable, supersededTable } from '../../imports/staging.ts';
import type { PreviewedRows, PreviewSample } from '../../tables.ts';
import { allowAll, allowOnly } from '../join-method.ts';
import {
  chooseMethod,
  differs,
  outcome,
  type StagedPartition,
  stagedWithProducts,
} from '../staged/staged-comparison.ts';
import { requireStagedRows } from '../superseded/require-staged-rows.ts';
import { countRows } from '../superseded/superseded-issues.ts';
import { collectMoves, collectNames } from './name-moves.ts';
import { sampleChanges, sampleOthers, sampleSuperseded } from './preview-samples.ts';
import { inSharedSnapshot, type SharedSnapshot } from './shared-snapshot.ts';

export interface PartitionPreview extends MergedRowCounts {
  samples: PreviewSample[];
}

type MergedRowCounts = Pick<PreviewedRows, 'inserted' | 'updated' | 'unchanged' | 'superseded'>;

/**
 * Adds how name counts would move to the session's `preview_moves`.
 *
 * @param sql a session that started with `PREVIEW_SETUP`
 * @param rows whose superseded rows were moved before the snapshot was taken
 * @param loaded how many rows were loaded into the partition
 * @throws StagingLostError
 */
export async function previewPartition(
  sql: postgres.Sql,
  snapshot: SharedSnapshot,
  rows: StagedPartition,
  loaded: number,
): Promise<PartitionPreview> {
  const staged = stagingTable(rows, rows.partition);
  const isFirstLoad = snapshot.id === null;
  return inSharedSnapshot(sql, snapshot, async (tx) => {
    await requireStagedRows(tx, stagedSkus(rows, rows.partition), loaded);
    const superseded = await countRows(tx, supersededTable(rows, rows.partition));
    if (isFirstLoad) await collectNames(tx, staged);
    else await collectChanges(tx, rows);
    const { inserted, updated } = await countChanges(tx);
    const changes = inserted + updated;
    if (changes > 0) await collectMoves(tx);
    // Rows of the file that are not in `preview_changes`.
    const others = loaded - superseded - changes;
    const samples = [
      ...(superseded > 0 ? await sampleSuperseded(tx, rows) : []),
      ...(changes > 0 ? await sampleChanges(tx, staged, rows) : []),
      ...(others > 0 ? await sampleOthers(tx, staged, rows, isFirstLoad ? 'INSERTED' : 'UNCHANGED') : []),
    ];
    return {
      inserted: isFirstLoad ? others : inserted,
      updated,
      unchanged: isFirstLoad ? 0 : others,
      superseded,
      samples,
    };
  });
}

/** Collects what is not unchanged. */
async function collectChanges(tx: postgres.TransactionSql, rows: StagedPartition): Promise<void> {
  const method = await chooseMethod(tx, rows);
  await tx.unsafe(allowOnly(method));
  await tx.unsafe(`
    INSERT INTO preview_changes
    SELECT staged.id, ${outcome(rows)}, staged.line, staged.sku, staged.name, products.name
    FROM ${stagedWithProducts(rows, method, true)}
    WHERE products.sku IS NULL OR ${differs(rows)}`);
  await tx.unsafe(allowAll(method));
}

type ChangeCounts = Pick<MergedRowCounts, 'inserted' | 'updated'>;

async function countChanges(tx: postgres.TransactionSql): Promise<ChangeCounts> {
  const [counts] = await tx<[ChangeCounts]>`
    SELECT count(*) FILTER (WHERE outcome = 'NEW') AS inserted, count(*) FILTER (WHERE outcome = 'CHANGED') AS updated
    FROM preview_changes`;
  return counts;
}
