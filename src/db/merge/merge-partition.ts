// One partition of an import's staged rows becomes catalogue, ledger, issues and name counts, in one transaction.
//
// A single pass compares the staged rows with the catalogue and keeps what must be written; everything after
// works on that. Locks are taken in the order that everyone keeps: product rows, then the counts.

import type postgres from 'postgres';
import { COUNTS_CHANNEL } from '../catalogue/count-store.ts';
import { trimBlank } from '../catalogue/product-rules.ts';
import { NEXT_VERSION } from '../catalogue/product-version.ts';
import { type StagedColumns, type Staging, stagingTable } from '../imports/staging.ts';
import { COUNTS_LOCK } from '../postgres/locks/advisory-locks.ts';
import type { MergeTurn } from './merge-turn.ts';
import { type ClaimChange, changeClaims } from './source-claims.ts';

export interface PartitionMerge extends Staging, StagedColumns {
  partition: number;
  /** The header and delimiter of the file, to write superseded records as the file has them. */
  columns: readonly string[];
  delimiter: string;
  quoting: 'STANDARD' | 'NONE';
  /** Whether the catalogue had no product when the merge began: then no staged row can have one. */
  firstLoad: boolean;
  /** What the merge does to the claims of data sources; undefined when there are none. */
  claims: ClaimChange | undefined;
}

/** Rows, in numbers. */
export interface PartitionLedger {
  staged: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
}

/** The staged rows are not those that were loaded: a crash of the database empties unlogged tables. */
export class StagingLostError extends Error {}

/**
 * What a session does before it merges. Its temporary tables are empty between transactions. A commit need not wait
 * for the disk: the one that ends the import does, and with it all before it are safe.
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
 * Merges a partition; one that is merged already stays as it is.
 *
 * @param sql a session that began with `MERGE_SETUP`
 * @throws StagingLostError when rows that were staged are gone; nothing is written then
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
    await checkStaging(tx, merge, staged);
    await tx.unsafe(collectChanges(merge));
    const superseded = await tx.unsafe(BOOK_SUPERSEDED, [importId]);
    const [changed] = await tx.unsafe(UPDATE_CHANGED);
    const inserted = await tx.unsafe(INSERT_NEW);
    if (merge.claims) await changeClaims(tx, merge.claims, stagedProducts(merge));
    await tx.unsafe(SUM_COUNT_CHANGES);
    await tx.unsafe(NOTE_NEW_NAMES);
    await lockCounts(tx);
    await tx.unsafe(WRITE_COUNTS);
    const ledger = {
      staged,
      inserted: inserted.count,
      updated: Number(changed?.['updated']),
      superseded: superseded.count,
      unchanged: 0,
    };
    ledger.unchanged = staged - ledger.inserted - ledger.updated - ledger.superseded;
    await tx`
      UPDATE import_partitions
      SET inserted = ${ledger.inserted}, updated = ${ledger.updated}, unchanged = ${ledger.unchanged},
        superseded = ${ledger.superseded}, merged_at = now()
      WHERE import_id = ${importId} AND partition = ${partition}`;
    return ledger;
  }) as Promise<PartitionLedger>;
}

/** Locks the partition's entry, so that no two processes ever merge it both. */
async function lockPartition(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionMerge,
): Promise<PartitionLedger & { mergedAt: Date | null }> {
  const [entry] = await tx<(PartitionLedger & { mergedAt: Date | null })[]>`
    SELECT staged, inserted, updated, unchanged, superseded, merged_at AS "mergedAt" FROM import_partitions
    WHERE import_id = ${importId} AND partition = ${partition}
    FOR UPDATE`;
  if (!entry) throw new Error(`import ${importId} has no partition ${partition}`);
  return entry;
}

const UNDEFINED_TABLE = '42P01';

/** Whether a statement failed because a table that it names is not there. */
export function isTableGone(error: unknown): boolean {
  return (error as { code?: unknown }).code === UNDEFINED_TABLE;
}

async function checkStaging(
  tx: postgres.TransactionSql,
  merge: PartitionMerge,
  staged: number,
): Promise<void> {
  const counting = tx.unsafe(`SELECT count(*)::bigint AS rows FROM ${stagingTable(merge, merge.partition)}`);
  const [found] = await counting.catch((error: unknown) => {
    throw isTableGone(error) ? new StagingLostError('the staging table is gone') : error;
  });
  const rows = Number(found?.['rows']);
  if (rows !== staged) throw new StagingLostError(`${rows} rows are staged where ${staged} were loaded`);
}

/**
 * The staged rows in the order of SKU and line. A row that another one with its SKU follows (`next_line`) is
 * beaten, and one that is passed over has a `next_line` of 0; of the others, those that differ from the catalogue or
 * are new to it are kept. `old_name` is null for a new one.
 *
 * Products are looked up one by one through their key, in its order. That costs the same however large the
 * catalogue is, where a hash join would read all of it for each partition, and it leaves the changes in the order of
 * SKU. A first load need not look: no SKU is in two partitions, and nobody else inserts meanwhile. Settings see to it,
 * not costs: statistics that took the table for empty would have all of it read for each row.
 */
function collectChanges(merge: PartitionMerge): string {
  return `
    SET LOCAL enable_hashjoin = off;
    SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_material = off;
    INSERT INTO merge_changes
    SELECT staged.sku, staged.name, staged.description, products.name, staged.line, staged.next_line,
      CASE WHEN staged.next_line IS NOT NULL THEN ${recordExpression(merge)} END
    FROM (
      SELECT *, CASE ${merge.withSuperseded ? 'WHEN passed_over THEN 0' : ''}
        WHEN lead(sku) OVER in_order = sku THEN lead(line) OVER in_order END AS next_line
      FROM ${stagingTable(merge, merge.partition)}
      WINDOW in_order AS (${merge.withSuperseded ? 'PARTITION BY passed_over' : ''} ORDER BY sku, line)
    ) staged
    LEFT JOIN (SELECT * FROM products ${merge.firstLoad ? 'WHERE FALSE' : ''}) products ON products.sku = staged.sku AND staged.next_line IS NULL
    WHERE staged.next_line IS NOT NULL OR products.sku IS NULL
      OR products.name <> staged.name OR products.description <> staged.description;
    SET LOCAL enable_hashjoin = on;
    SET LOCAL enable_mergejoin = on;
    SET LOCAL enable_seqscan = on;
    SET LOCAL enable_material = on`;
}

/** The staged rows that are to be products. */
function stagedProducts(merge: PartitionMerge): string {
  const table = stagingTable(merge, merge.partition);
  return merge.withSuperseded ? `(SELECT * FROM ${table} WHERE NOT passed_over)` : table;
}

function recordExpression({ columns, delimiter, quoting, withRecord }: PartitionMerge): string {
  if (withRecord) return 'staged.record';
  const separator = delimiter === '\t' ? "E'\\t'" : `'${delimiter.replaceAll("'", "''")}'`;
  const quoted = columns.map((column) => {
    const value = `staged.${trimBlank(column).toLowerCase()}`;
    if (quoting === 'NONE') return value;
    return `CASE WHEN ${value} ~ '["\\r\\n]' OR strpos(${value}, ${separator}) > 0
      THEN '"' || replace(${value}, '"', '""') || '"' ELSE ${value} END`;
  });
  return quoted.join(` || ${separator} || `);
}

const BOOK_SUPERSEDED = `
  INSERT INTO import_row_issues (import_id, line, kind, code, winning_line, record)
  SELECT $1::uuid, line, 'SUPERSEDED', 'SUPERSEDED',
    CASE WHEN next_line > 0 THEN max(next_line) OVER (PARTITION BY sku) END, record
  FROM merge_changes WHERE next_line IS NOT NULL`;

/** What someone wrote since the comparison is looked at once more, under the lock: the old name must be the true one. */
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

/** They lie in the order of SKU, which is the order in which the key takes them fastest. */
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

/** For the search by a part of a name, which is indexed later. A name that two partitions note at once does no harm. */
const NOTE_NEW_NAMES = `
  INSERT INTO product_names_unindexed (name)
  SELECT name FROM merge_counts
  WHERE NOT EXISTS (SELECT FROM product_name_counts WHERE product_name_counts.name = merge_counts.name)`;

/** Before `WRITE_COUNTS`; whoever watches counts is told when the transaction commits, if any of them moves. */
export async function lockCounts(tx: postgres.TransactionSql): Promise<void> {
  await tx`
    SELECT pg_advisory_xact_lock(${COUNTS_LOCK}), (SELECT pg_notify(${COUNTS_CHANNEL}, '') FROM merge_counts LIMIT 1)`;
}

/** Applies what `merge_counts` has. Needs the lock `COUNTS`. */
export const WRITE_COUNTS = `
  MERGE INTO product_name_counts AS kept
  USING (SELECT name, change FROM merge_counts ORDER BY name) AS changes ON kept.name = changes.name
  WHEN MATCHED AND kept.product_count + changes.change = 0 THEN DELETE
  WHEN MATCHED THEN UPDATE SET product_count = kept.product_count + changes.change
  WHEN NOT MATCHED THEN INSERT (name, product_count) VALUES (changes.name, changes.change)`;
