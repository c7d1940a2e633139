// What the merge of a partition would do.

import type postgres from 'postgres';
import { stagingTable } from '../../imports/staging.ts';
import type { PreviewedRows, PreviewSample } from '../../tables.ts';
import { allowAll, allowOnly } from '../join-method.ts';
import { requireStagedRows } from '../require-staged-rows.ts';
import {
  chooseMethod,
  differs,
  outcome,
  repeatedHashes,
  type StagedPartition,
  stagedWithProducts,
  withNextLine,
} from '../staged-comparison.ts';
import { collectMoves, collectNames } from './name-moves.ts';
import { sampleChanges, sampleOthers } from './preview-samples.ts';
import { inSharedSnapshot, type SharedSnapshot } from './shared-snapshot.ts';

export interface PartitionPreview extends MergedRowCounts {
  samples: PreviewSample[];
}

type MergedRowCounts = Pick<PreviewedRows, 'inserted' | 'updated' | 'unchanged' | 'superseded'>;

/**
 * Adds how name counts would move to the session's `preview_moves`.
 *
 * @param sql a session that started with `PREVIEW_SETUP`
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
    await requireStagedRows(tx, staged, loaded);
    await (isFirstLoad ? collectSuperseded(tx, rows) : collectChanges(tx, rows));
    const { inserted, updated, superseded } = await countChanges(tx);
    const changes = inserted + updated + superseded;
    if (isFirstLoad) await collectNames(tx, staged);
    else if (changes > 0) await collectMoves(tx);
    // All rows that are not in `preview_changes`.
    const others = loaded - changes;
    const samples = [
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
    SELECT staged.id, ${outcome(rows)}, staged.line, staged.next_line, staged.sku, staged.name, products.name
    FROM ${stagedWithProducts(rows, true)}
    WHERE staged.next_line IS NOT NULL OR products.sku IS NULL OR ${differs(rows)}`);
  await tx.unsafe(allowAll(method));
}

/** Collects what would not be inserted into an empty catalogue. */
async function collectSuperseded(tx: postgres.TransactionSql, rows: StagedPartition): Promise<void> {
  const isRepeated = 'hashtextextended(sku, 0) IN (SELECT hash FROM repeated)';
  const maySupersede = rows.withSuperseded ? `passed_over OR ${isRepeated}` : isRepeated;
  await tx.unsafe('SET LOCAL enable_hashagg = off');
  await tx.unsafe(`
    WITH repeated AS MATERIALIZED (${repeatedHashes(rows)})
    INSERT INTO preview_changes
    SELECT id, 'SUPERSEDED', line, next_line, sku, name, NULL FROM ${withNextLine(rows, maySupersede)} staged
    WHERE next_line IS NOT NULL`);
  await tx.unsafe('SET LOCAL enable_hashagg = on');
}

type ChangeCounts = Omit<MergedRowCounts, 'unchanged'>;

async function countChanges(tx: postgres.TransactionSql): Promise<ChangeCounts> {
  const [counts] = await tx<[ChangeCounts]>`
    SELECT count(*) FILTER (WHERE outcome = 'NEW') AS inserted, count(*) FILTER (WHERE outcome = 'CHANGED') AS updated,
      count(*) FILTER (WHERE outcome = 'SUPERSEDED') AS superseded
    FROM preview_changes`;
  return counts;
}
