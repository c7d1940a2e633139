// The merge of a first load: the staging table itself becomes `products`, and a new table becomes `product_name_counts`. So
// each row is written once, and indexes are built when all rows are there. Rows that are staged with their records are copied
// without them first.
//
// Two sessions work at the same time. One counts names into the new table, and indexes it. The other one moves the superseded
// rows out of the staging table; then it builds the key, writes issues, claims and the ledger and replaces the tables, all in
// one transaction.

import type postgres from 'postgres';
import { inSpan } from '../../../telemetry/tracing.ts';
import { COUNTS_CHANNEL } from '../../catalogue/counts/count-store.ts';
import { queueNames } from '../../catalogue/names/name-queue.ts';
import { type Staging, stagingTable } from '../../imports/staging.ts';
import { COUNTS_LOCK } from '../../postgres/locks/advisory-locks.ts';
import { type ClaimChange, changeClaims } from '../claims/source-claims.ts';
import {
  addSlice,
  completeLedger,
  lockPartition,
  type PartitionLedger,
} from '../partitions/partition-ledger.ts';
import { StagingLostError } from '../superseded/require-staged-rows.ts';
import { separateSuperseded } from '../superseded/separate-superseded.ts';
import { type FileForm, insertSupersededIssues, supersededRows } from '../superseded/superseded-issues.ts';
import type { MergeTurn } from '../turn/merge-turn.ts';
import {
  FirstLoadTables,
  NotReplaceableError,
  PARTITION,
  type StagedFirstLoad,
} from './first-load-tables.ts';

export interface FirstLoad extends StagedFirstLoad, FileForm {
  importNumber: number;
  claims: ClaimChange | undefined;
  /** How many superseded rows are kept as issues; undefined: all. */
  issueLimit: number | undefined;
}

/** Called with the share of the work that is done: 0 to 1, by the time that steps usually take. */
export type OnShare = (share: number) => void;

/** Whether the rows were staged for a first load. */
export async function isStagedForFirstLoad(sql: postgres.Sql, staging: Staging): Promise<boolean> {
  const staged = stagingTable(staging, PARTITION);
  const tables = await sql`
    SELECT FROM pg_class WHERE oid = to_regclass(${staged}) AND relpersistence = 'p'`;
  return tables.length > 0;
}

/** Moves the superseded rows, so that the others can have a key. */
export async function moveSuperseded(
  sql: postgres.Sql,
  turn: MergeTurn,
  load: Staging & Pick<FileForm, 'winner'>,
): Promise<void> {
  await sql.begin(async (tx) => {
    await turn.hold(tx);
    await separateSuperseded(tx, { ...load, partition: PARTITION, withSuperseded: false });
  });
}

/**
 * Counts names into the table that becomes `product_name_counts`.
 *
 * @param sql a session that merges
 * @param moved when superseded rows have been moved, by `moveSuperseded`
 */
export async function countNames(
  sql: postgres.Sql,
  turn: MergeTurn,
  load: StagedFirstLoad,
  moved: Promise<void>,
): Promise<void> {
  const tables = new FirstLoadTables(load);
  await sql.begin(async (tx) => {
    await turn.hold(tx);
    await tables.createCounts(tx);
    const names = await tables.createNames(tx);
    await moved;
    await tables.countNames(tx, names);
  });
}

/** In a transaction of its own, so that the other session can read the counts meanwhile. */
export async function indexCounts(sql: postgres.Sql, turn: MergeTurn, load: StagedFirstLoad): Promise<void> {
  await sql.begin(async (tx) => {
    await turn.hold(tx);
    await new FirstLoadTables(load).indexCounts(tx);
  });
}

/**
 * Merges the rows, unless that was done already.
 *
 * @param sql a session that merges
 * @param counts when names have been counted, by `countNames`, and the counts have indexes, by `indexCounts`
 * @throws StagingLostError if staged rows are missing; NotReplaceableError; an error with SQLSTATE 55P03 if others use the
 *   catalogue for too long. Then nothing is written
 */
export async function mergeFirstLoad(
  sql: postgres.Sql,
  turn: MergeTurn,
  load: FirstLoad,
  counts: { counted: Promise<void>; indexed: Promise<void> },
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
    await inSpan('copy products', {}, () => tables.copyProducts(tx));
    await inSpan('build key', {}, () => tx.unsafe(tables.createKey));
    onShare(0.5);
    // The partition is the only one: it need not share the limit.
    const issues = { winner: load.winner, most: load.issueLimit };
    const stored = await inSpan('store superseded rows', {}, () =>
      insertSupersededIssues(tx, load.importId, supersededRows(load, PARTITION), issues),
    );
    onShare(0.65);
    if (load.claims) await changeClaims(tx, load.claims, tables.staged);
    await counts.counted;
    const { names, rows } = await tables.counted(tx);
    const inserted = staged - stored.superseded;
    if (rows !== inserted) throw new StagingLostError(`${rows} rows are staged, but ${inserted} were loaded`);
    onShare(0.75);
    await inSpan('queue names', {}, () => tx.unsafe(queueNames(tables.counts, names)));
    await counts.indexed;
    onShare(0.9);
    await tx`SELECT pg_advisory_xact_lock(${COUNTS_LOCK})`;
    await inSpan('replace catalogue', {}, () => tables.replaceCatalogue(tx, load.importNumber));
    await tx`SELECT pg_notify(${COUNTS_CHANNEL}, '')`;
    await addSlice(tx, partition, { inserted, updated: 0, mergedThrough: null }, true);
    return completeLedger(tx, partition, stored);
  }) as Promise<PartitionLedger>;
}
