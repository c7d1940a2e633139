// The merge of a first load: the staging table itself becomes `products`, and a new table becomes `product_name_counts`. So
// each row is written once, and indexes are built when all rows are there.
//
// Two sessions work at the same time. One takes the superseded rows out of the staging table and builds its key; nobody
// else reads that table. The other one writes counts, issues, claims and the ledger and replaces the tables, all in one
// transaction.

import type postgres from 'postgres';
import { inSpan } from '../../../telemetry/tracing.ts';
import { COUNTS_CHANNEL } from '../../catalogue/count-store.ts';
import { queueNames } from '../../catalogue/name-queue.ts';
import type { Staging } from '../../imports/staging.ts';
import { COUNTS_LOCK } from '../../postgres/locks/advisory-locks.ts';
import { isUndefinedTable } from '../../postgres/sqlstate.ts';
import type { MergeTurn } from '../merge-turn.ts';
import { addSlice, completeLedger, lockPartition, type PartitionLedger } from '../partition-ledger.ts';
import { StagingLostError } from '../require-staged-rows.ts';
import { type ClaimChange, changeClaims } from '../source-claims.ts';
import { repeatedHashes, withNextLine } from '../staged-comparison.ts';
import { type FileForm, insertSupersededIssues, recordExpression } from '../superseded-issues.ts';
import { FirstLoadTables, NotReplaceableError, PARTITION } from './first-load-tables.ts';

export interface FirstLoad extends Staging, FileForm {
  importNumber: number;
  claims: ClaimChange | undefined;
  /** How many superseded rows are kept as issues; undefined: all. */
  issueLimit: number | undefined;
}

/** Called with the share of the work that is done: 0 to 1, by the time that steps usually take. */
export type OnShare = (share: number) => void;

/** The work of the other session. */
export interface Preparation {
  /** When superseded rows have been moved. */
  moved: Promise<void>;
  /** When the key has been built. */
  keyed: Promise<void>;
}

/** Whether the rows were staged for a first load. */
export async function isStagedForFirstLoad(sql: postgres.Sql, staging: Staging): Promise<boolean> {
  const { staged } = new FirstLoadTables(staging);
  const tables = await sql`
    SELECT FROM pg_class WHERE oid = to_regclass(${staged}) AND relpersistence = 'p'`;
  return tables.length > 0;
}

/**
 * Moves superseded rows to a table of their own. They are fetched by their place, one after the other: other joins would read
 * the whole table again.
 *
 * @param sql a session that merges
 */
export async function moveSuperseded(
  sql: postgres.Sql,
  turn: MergeTurn,
  load: Staging & Pick<FileForm, 'winner'>,
): Promise<void> {
  const tables = new FirstLoadTables(load);
  const rows = { ...load, partition: PARTITION, withSuperseded: false };
  const isRepeated = 'hashtextextended(sku, 0) IN (SELECT hash FROM first_load_repeated)';
  await sql.begin(async (tx) => {
    await turn.hold(tx);
    await tx.unsafe(`
      SET LOCAL enable_hashagg = off;
      CREATE TEMP TABLE first_load_repeated ON COMMIT DROP AS ${repeatedHashes(rows)};
      CREATE TEMP TABLE first_load_superseded ON COMMIT DROP AS
      SELECT id, next_line FROM ${withNextLine(rows, isRepeated)} rows WHERE next_line IS NOT NULL ORDER BY id;
      ${tables.createSuperseded};
      SET LOCAL enable_hashjoin = off;
      SET LOCAL enable_mergejoin = off;
      WITH moved AS (
        DELETE FROM ${tables.staged} staged USING first_load_superseded superseded
        WHERE staged.ctid = superseded.id
        RETURNING staged.*, superseded.next_line
      )
      INSERT INTO ${tables.superseded} SELECT * FROM moved`);
  });
}

/** Builds the key of the rows that are left. */
export async function buildKey(sql: postgres.Sql, turn: MergeTurn, staging: Staging): Promise<void> {
  await sql.begin(async (tx) => {
    await turn.hold(tx);
    await tx.unsafe(new FirstLoadTables(staging).createKey);
  });
}

/** Undoes what both have done, so that the rows are staged as any others. */
export async function restoreStaging(sql: postgres.Sql, turn: MergeTurn, staging: Staging): Promise<void> {
  const { staged, superseded, dropKey } = new FirstLoadTables(staging);
  const tables = await sql`
    SELECT FROM pg_class WHERE oid = to_regclass(${superseded}) AND to_regclass(${staged}) IS NOT NULL`;
  if (tables.length === 0) return;
  await sql.begin(async (tx) => {
    await turn.hold(tx);
    await tx.unsafe(`
      ${dropKey};
      ALTER TABLE ${superseded} DROP COLUMN next_line;
      INSERT INTO ${staged} SELECT * FROM ${superseded};
      DROP TABLE ${superseded}`);
  });
}

/**
 * Merges the rows, unless that was done already.
 *
 * @param sql a session that merges
 * @throws StagingLostError if staged rows are missing; NotReplaceableError; an error with SQLSTATE 55P03 if others use the
 *   catalogue for too long. Then nothing is written
 */
export async function mergeFirstLoad(
  sql: postgres.Sql,
  turn: MergeTurn,
  load: FirstLoad,
  { moved, keyed }: Preparation,
  onShare: OnShare,
): Promise<PartitionLedger> {
  const partition = { importId: load.importId, partition: PARTITION };
  const tables = new FirstLoadTables(load);
  return sql.begin(async (tx) => {
    await turn.hold(tx);
    const { mergedAt, mergedThrough, ...before } = await lockPartition(tx, partition);
    if (mergedAt) return before;
    if (mergedThrough !== null) throw new NotReplaceableError('slices of the rows are merged already');
    const { staged } = before;
    const counted = await inSpan('count names', {}, () => countNames(tx, tables));
    onShare(0.3);
    await tx.unsafe(queueNames('first_load_counts'));
    await moved;
    onShare(0.5);
    const rows = supersededRows(load, tables);
    // The partition is the only one: it need not share the limit.
    const issues = { winner: load.winner, most: load.issueLimit };
    const stored = await inSpan('store superseded rows', {}, () =>
      insertSupersededIssues(tx, load.importId, rows, issues),
    );
    const { superseded } = stored;
    if (counted !== staged && counted !== staged - superseded) {
      throw new StagingLostError(`${counted} rows are staged, but ${staged} were loaded`);
    }
    onShare(0.65);
    await tx`SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`;
    await inSpan('write name counts', {}, () => fillCounts(tx, tables, counted === staged));
    onShare(0.9);
    if (load.claims) await changeClaims(tx, load.claims, tables.staged);
    await keyed;
    await inSpan('replace catalogue', {}, () => tables.replaceCatalogue(tx, load.importNumber));
    await tx`SELECT pg_notify(${COUNTS_CHANNEL}, '')`;
    const inserted = staged - superseded;
    await addSlice(tx, partition, { inserted, updated: 0, mergedThrough: null }, true);
    return completeLedger(tx, partition, stored);
  }) as Promise<PartitionLedger>;
}

/** @returns the number of staged rows, with or without those that are superseded */
async function countNames(tx: postgres.TransactionSql, { staged }: FirstLoadTables): Promise<number> {
  const counting = tx.unsafe(`
    CREATE TEMP TABLE first_load_counts ON COMMIT DROP AS
    SELECT name, count(*) AS change FROM ${staged} GROUP BY name`);
  await counting.catch((error: unknown) => {
    throw isUndefinedTable(error) ? new StagingLostError('the staging table is missing') : error;
  });
  const [sum] = await tx<
    { rows: number }[]
  >`SELECT coalesce(sum(change), 0)::bigint AS rows FROM first_load_counts`;
  return sum?.rows ?? 0;
}

/** @param withSuperseded whether `first_load_counts` has counted the superseded rows as well */
async function fillCounts(
  tx: postgres.TransactionSql,
  tables: FirstLoadTables,
  withSuperseded: boolean,
): Promise<void> {
  const counts = withSuperseded
    ? `SELECT name, change - coalesce(rows, 0) FROM first_load_counts
      LEFT JOIN (SELECT name, count(*) AS rows FROM ${tables.superseded} GROUP BY name) superseded USING (name)
      WHERE change > coalesce(rows, 0)`
    : 'SELECT name, change FROM first_load_counts';
  await tx.unsafe(`${tables.createCounts}; INSERT INTO ${tables.counts} ${counts}; ${tables.indexCounts}`);
}

function supersededRows(load: FirstLoad, { superseded }: FirstLoadTables): string {
  return `(SELECT *, ${recordExpression(load, 'staged')} AS record FROM ${superseded} staged)`;
}
