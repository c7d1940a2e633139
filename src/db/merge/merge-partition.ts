// Merges one partition of an import's staged rows into the catalogue in one transaction, with its ledger, issues and name
// counts.
//
// A single pass compares the staged rows with the catalogue and keeps the changes in a temporary table, on which all
// further statements work. Lock order: product rows, then counts.

import type postgres from 'postgres';
import { NEXT_VERSION } from '../catalogue/product-version.ts';
import { type StagedColumns, type Staging, stagingTable } from '../imports/staging.ts';
import type { MergeTurn } from './merge-turn.ts';
import { lockPartition, type PartitionLedger, writeLedger } from './partition-ledger.ts';
import { requireStagedRows } from './require-staged-rows.ts';
import { type ClaimChange, changeClaims } from './source-claims.ts';
import {
  type FileForm,
  insertSupersededIssues,
  recordExpression,
  supersedingOrder,
} from './superseded-issues.ts';
import { writeCounts } from './write-counts.ts';

export interface PartitionMerge extends Staging, StagedColumns, FileForm {
  partition: number;
  /** Whether the catalogue was empty when the merge started, so that no staged row can match a product. */
  firstLoad: boolean;
  /** How the merge changes the claims of data sources; undefined if it does not. */
  claims: ClaimChange | undefined;
}

/**
 * Prepares a session for merging. The temporary tables are empty between transactions. Commits need not wait for the disk:
 * the one that ends the import does, which makes all earlier ones durable.
 */
export const MERGE_SETUP = `
  SET work_mem = '128MB';
  SET temp_buffers = '64MB';
  SET synchronous_commit = off;
  CREATE TEMP TABLE merge_changes (
    sku text COLLATE "C", name text COLLATE "C", description text, old_name text COLLATE "C",
    line bigint, next_line bigint, record text
  ) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE merge_moves (name text COLLATE "C", change bigint) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE merge_counts (name text COLLATE "C", change bigint) ON COMMIT DELETE ROWS`;

/**
 * Merges a partition, unless that was done already.
 *
 * @param sql a session that started with `MERGE_SETUP`
 * @throws StagingLostError if staged rows are missing; then nothing is written
 */
export async function mergePartition(
  sql: postgres.Sql,
  turn: MergeTurn,
  merge: PartitionMerge,
): Promise<PartitionLedger> {
  const { importId, partition } = merge;
  return sql.begin(async (tx) => {
    await turn.hold(tx);
    const { mergedAt, ...before } = await lockPartition(tx, merge);
    if (mergedAt) return before;
    const { staged } = before;
    await requireStagedRows(tx, stagingTable(merge, partition), staged);
    await tx.unsafe(collectChanges(merge, await chooseJoin(tx, merge)));
    const superseded = await insertSupersededIssues(tx, importId, SUPERSEDED, merge.winner);
    const [changed] = await tx.unsafe(UPDATE_CHANGED);
    const inserted = await tx.unsafe(INSERT_NEW);
    if (merge.claims) await changeClaims(tx, merge.claims, stagedProducts(merge));
    await tx.unsafe(SUM_COUNT_CHANGES);
    await tx.unsafe(QUEUE_NEW_NAMES);
    await writeCounts(tx);
    const ledger = {
      staged,
      inserted: inserted.count,
      updated: Number(changed?.['updated']),
      superseded,
      unchanged: 0,
    };
    ledger.unchanged = staged - ledger.inserted - ledger.updated - ledger.superseded;
    await writeLedger(tx, merge, ledger);
    return ledger;
  }) as Promise<PartitionLedger>;
}

/**
 * Collects the staged rows, ordered by SKU, that change the catalogue or are superseded. `next_line` is the line
 * of the next row with the same SKU, which supersedes this one; 0 if the row was superseded already in the file from whose
 * issues it comes. `old_name` is null for a new product.
 *
 * Settings enforce the join: with statistics that consider the table empty, the planner would read all of it for each row.
 */
function collectChanges(merge: PartitionMerge, join: Join): string {
  const [off, on] = SETTINGS[join];
  return `
    ${off};
    INSERT INTO merge_changes
    SELECT staged.sku, staged.name, staged.description, products.name, staged.line, staged.next_line,
      CASE WHEN staged.next_line IS NOT NULL THEN ${recordExpression(merge, 'staged')} END
    FROM (
      SELECT *, CASE ${merge.withSuperseded ? 'WHEN passed_over THEN 0' : ''}
        WHEN lead(sku) OVER in_order = sku THEN lead(line) OVER in_order END AS next_line
      FROM ${stagingTable(merge, merge.partition)}
      WINDOW in_order AS (${merge.withSuperseded ? 'PARTITION BY passed_over' : ''} ORDER BY ${supersedingOrder(merge.winner)})
    ) staged
    LEFT JOIN (SELECT * FROM products ${merge.firstLoad ? 'WHERE FALSE' : ''}) products ON products.sku = staged.sku AND staged.next_line IS NULL
    WHERE staged.next_line IS NOT NULL OR products.sku IS NULL
      OR products.name <> staged.name OR products.description <> staged.description;
    ${on}`;
}

/**
 * How staged rows find their products. LOOKUP: one by one by their key, in key order; the cost does not depend on the size of
 * the catalogue. HASH: all of the catalogue is read, which takes less time if it is not much larger than the partition.
 */
type Join = 'LOOKUP' | 'HASH';

const MAX_HASHED_SIZE = 4;

const SETTINGS: Record<Join, [off: string, on: string]> = {
  LOOKUP: assignments(['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'enable_material']),
  HASH: assignments(['enable_nestloop', 'enable_mergejoin']),
};

function assignments(settings: string[]): [off: string, on: string] {
  const to = (value: string) => settings.map((setting) => `SET LOCAL ${setting} = ${value}`).join('; ');
  return [to('off'), to('on')];
}

/** A first load needs neither: no SKU is in two partitions, and nobody else inserts at the same time. */
async function chooseJoin(tx: postgres.TransactionSql, merge: PartitionMerge): Promise<Join> {
  const [size] = await tx<{ isSmall: boolean }[]>`
    SELECT pg_relation_size('products') <= ${MAX_HASHED_SIZE}::bigint
      * pg_relation_size(${stagingTable(merge, merge.partition)}::text::regclass) AS "isSmall"`;
  return size?.isSmall ? 'HASH' : 'LOOKUP';
}

/** The staged rows that become products. */
function stagedProducts(merge: PartitionMerge): string {
  const table = stagingTable(merge, merge.partition);
  return merge.withSuperseded ? `(SELECT * FROM ${table} WHERE NOT passed_over)` : table;
}

const SUPERSEDED = '(SELECT * FROM merge_changes WHERE next_line IS NOT NULL)';

/** Compares again under the row lock: a concurrent update may have changed the old name since. */
const UPDATE_CHANGED = `
  WITH changed AS MATERIALIZED (
    SELECT products.sku, products.name AS old_name, new.name, new.description
    FROM merge_changes new JOIN products ON products.sku = new.sku
    WHERE new.next_line IS NULL AND new.old_name IS NOT NULL
      AND (products.name <> new.name OR products.description <> new.description)
    ORDER BY products.sku
    FOR UPDATE OF products
  ), written AS (
    UPDATE products SET name = changed.name, description = changed.description, updated_at = ${NEXT_VERSION}
    FROM changed WHERE products.sku = changed.sku
  ), moved AS (
    INSERT INTO merge_moves
    SELECT name, 1 FROM changed WHERE name <> old_name
    UNION ALL
    SELECT old_name, -1 FROM changed WHERE name <> old_name
  )
  SELECT count(*)::bigint AS updated FROM changed`;

/** In the order of SKU, in which the primary key's index is built fastest. */
const INSERT_NEW = `
  INSERT INTO products (sku, name, description)
  SELECT sku, name, description FROM merge_changes WHERE next_line IS NULL AND old_name IS NULL`;

const SUM_COUNT_CHANGES = `
  INSERT INTO merge_counts
  SELECT name, sum(change) FROM (
    SELECT name, 1 AS change FROM merge_changes WHERE next_line IS NULL AND old_name IS NULL
    UNION ALL
    SELECT name, change FROM merge_moves
  ) changes
  GROUP BY name HAVING sum(change) <> 0`;

/** The search index takes these names later. Duplicates from two partitions do no harm. */
const QUEUE_NEW_NAMES = `
  INSERT INTO product_names_unindexed (name)
  SELECT name FROM merge_counts
  WHERE NOT EXISTS (SELECT FROM product_name_counts WHERE product_name_counts.name = merge_counts.name)`;
