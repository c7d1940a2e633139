// The way of an import, top to bottom: read, load, merge, finish.

import type { Logger } from 'pino';
import type { ImportRecord, ImportStore } from '../db/imports/import-store.ts';
import type { RowIssueStore } from '../db/imports/row-issue-store.ts';
import { createStaging, dropStaging, type StagedColumns, type Staging } from '../db/imports/staging.ts';
import type { PartitionLedger } from '../db/merge/merge-partition.ts';
import { StagingLostError } from '../db/merge/require-staged-rows.ts';
import { gatherStatistics } from '../db/merge/statistics.ts';
import { applicationName, type Database } from '../db/postgres/connection/database.ts';
import type { ImportWarning } from '../db/tables.ts';
import { LoadstoneError } from '../errors.ts';
import { Bursts } from './lane/bursts.ts';
import type { LoadedRows, WarmLanes } from './lane/lane-pool.ts';
import type { LaneTask, LongRecord } from './lane/messages.ts';
import { issueCodeIndex } from './lane/rows/issue-columns.ts';
import { SuspectSkuCounter } from './lane/suspect-skus.ts';
import { mergeStaged } from './merge/merge-staged.ts';
import type { Progress } from './progress/progress.ts';
import { type BlockReader, openBlockReader } from './read/block-reader.ts';
import { dialectOf } from './read/dialect.ts';
import { charsetWarnings, Warnings } from './read/warnings.ts';
import { readingPace } from './spool/reading-pace.ts';
import type { Spool } from './spool/spool.ts';
import type { WorkSlot } from './work-slots.ts';

export interface ImportLimits {
  ingestLanes: number;
  parser: 'fast' | 'csv-parse';
  maxRecordBytes: number;
  maxDescriptionLength: number;
}

export interface ImportWork {
  database: Database;
  /** The process that does it. */
  owner: string;
  importStore: ImportStore;
  rowIssues: RowIssueStore;
  spool: Spool;
  lanes: WarmLanes;
  limits: ImportLimits;
  log: Logger;
}

export interface ImportControl {
  /** Ends the work at once. */
  signal: AbortSignal;
  /** Ends it when the partitions at work are merged. */
  drain: AbortSignal;
  /** Held by whoever works on rows. */
  slot: WorkSlot;
}

/** Bytes of CSV that make a partition of the merge at most, about 600,000 products. */
const PARTITION_BYTES = 128 * 1024 * 1024;
/** A file up to this size is not worth more than one partition. */
const SMALL_FILE_BYTES = 8 * 1024 * 1024;
const MAX_PARTITIONS = 512;
/** Taken for the size of a file that does not tell it. */
const UNKNOWN_BYTES = 4 * PARTITION_BYTES;
/** What compression usually makes of a catalogue. */
const USUAL_EXPANSION = 4;

/**
 * Runs an import whose upload is in the spool, or on its way there.
 *
 * @throws LoadstoneError for what is wrong with the file, the reason of the signal that came, OwnershipLostError, any other
 *   error for a fault
 */
export async function runImport(
  work: ImportWork,
  record: ImportRecord,
  progress: Progress,
  control: ImportControl,
): Promise<void> {
  const loaded = record.status === 'MERGING' ? record : await loadRows(work, record, progress, control);
  try {
    await mergeRows(work, loaded, progress, control);
  } catch (error) {
    if (!(error instanceof StagingLostError)) throw error;
    await mergeRows(work, await loadRows(work, loaded, progress, control), progress, control);
  }
}

async function loadRows(
  work: ImportWork,
  record: ImportRecord,
  progress: Progress,
  { signal, drain, slot }: ImportControl,
): Promise<ImportRecord> {
  const { database, importStore, owner, limits } = work;
  if (record.status !== 'RECEIVING' && !(await work.spool.isComplete(record.id))) throw fileIsGone();
  const staging = { importId: record.id, attempt: progress.current.attempt + 1 };
  progress.report({ attempt: staging.attempt });
  await progress.flush();
  const ended = new AbortController();
  const reading = AbortSignal.any([signal, drain, ended.signal]);
  const pace = readingPace();
  const told = charsetWarnings(record.warnings);
  progress.report({ warnings: told });
  const warnings = new Warnings(told, (kept) => {
    progress.report({ warnings: kept });
    work.log.info({ import: record.id, warning: kept.at(-1) }, 'something about a file');
  });
  await using blocks = await openBlockReader(work.spool, record.id, {
    ...dialectOf(record),
    onWarning: (warning) => warnings.add(warning),
    maxRecordBytes: limits.maxRecordBytes,
    pace,
    signal: reading,
  });
  // Before the reader is closed, which waits until it has read what it is at.
  using _ended = { [Symbol.dispose]: () => ended.abort() };
  const { header } = blocks;
  const delimiter = String.fromCharCode(header.delimiter);
  const columns = { columns: header.columns, ignoredColumns: header.ignoredColumns, delimiter };
  progress.report(columns);
  // Nothing that others need is held until there are rows to load.
  const bursts = new Bursts(blocks, pace);
  await bursts.begin();
  await slot.take(reading);

  const before = await importStore.partitions(record.id);
  const task = laneTask(work, record, staging, blocks, before.length);
  await work.rowIssues.clearRejected(record.id);
  await createStaging(database.sql, staging, task.partitions, task.columns);

  const rows = { rowsRead: 0, rowsRejected: 0, bytesProcessed: 0 };
  const oddSkus = new SuspectSkuCounter();
  const onLoaded = ({ read, rejected, spoolBytes = 0, ...found }: LoadedRows) => {
    for (const one of found.longRecords) warnings.add(longRecord(one));
    oddSkus.add(found.suspectSkus);
    rows.rowsRead += read;
    rows.rowsRejected += rejected;
    rows.bytesProcessed = Math.max(rows.bytesProcessed, spoolBytes);
    progress.report({ ...rows });
    if (rows.rowsRejected > record.maxRejectedRows) throw tooManyRejected(record.maxRejectedRows);
  };
  const staged: number[] = new Array(task.partitions).fill(0);
  while (!bursts.isOver) {
    await bursts.begin();
    await slot.take(reading);
    await using lanes = work.lanes.take();
    const burst = {
      [Symbol.asyncIterator]: () => bursts.burst(() => slot.isWanted),
      recycle: blocks.recycle,
    };
    const loaded = await lanes.load(task, burst, onLoaded, reading);
    for (const [partition, count] of loaded.entries()) staged[partition] = (staged[partition] ?? 0) + count;
    // Its client has to send more first.
    if (!bursts.isOver) slot.giveBack();
  }
  for (const warning of oddSkus.warnings()) warnings.add(warning);
  await progress.flush();
  const merging = await importStore.beginMerging(record.id, owner, staged, { ...columns, ...rows });
  progress.adopt(merging);
  return merging;
}

/** @param before partitions that an earlier try made, whose merge may have begun; 0 without one */
function laneTask(
  work: ImportWork,
  record: ImportRecord,
  staging: Staging,
  { header, encoding, compressed }: BlockReader,
  before: number,
): LaneTask {
  const { ingestLanes, parser, maxDescriptionLength, maxRecordBytes } = work.limits;
  const { columns, ignoredColumns, delimiter, skuIndex, nameIndex, descriptionIndex } = header;
  const bytes = (record.bytesTotal ?? UNKNOWN_BYTES) * (compressed ? USUAL_EXPANSION : 1);
  const partitions = Math.max(ingestLanes, Math.ceil(bytes / PARTITION_BYTES));
  return {
    staging,
    databaseUrl: work.database.url,
    applicationName: applicationName(work.database, 'lane'),
    layout: {
      columns,
      delimiter,
      quoting: record.quoting,
      skipInitialSpace: record.skipInitialSpace,
      encoding,
      skuIndex,
      nameIndex,
      descriptionIndex,
      maxDescriptionLength,
      issueCodeIndex: issueCodeIndex(columns),
    },
    parser,
    // At least one for each lane; more only where they would get too large, as each has counts of its own to write.
    partitions: before || (bytes > SMALL_FILE_BYTES ? Math.min(partitions, MAX_PARTITIONS) : 1),
    columns: stagedColumns(columns, ignoredColumns),
    maxRecordBytes,
  };
}

function stagedColumns(columns: readonly string[], ignoredColumns: readonly string[]): StagedColumns {
  return {
    withRecord: ignoredColumns.length > 0,
    withSuperseded: issueCodeIndex(columns) !== undefined,
  };
}

async function mergeRows(
  work: ImportWork,
  record: ImportRecord,
  progress: Progress,
  { signal, drain, slot }: ImportControl,
): Promise<void> {
  const { database, importStore, limits } = work;
  await slot.take(AbortSignal.any([signal, drain]));
  const partitions = await importStore.partitions(record.id);
  const waiting = partitions.filter(({ mergedAt }) => mergedAt === null).map(({ partition }) => partition);
  const done: PartitionLedger[] = partitions.filter(({ mergedAt }) => mergedAt !== null);
  let rowsDeleted = 0;
  const report = () =>
    progress.report({ ...mergedRows(done), rowsDeleted, mergedShare: done.length / partitions.length });
  const onMerged = (part: PartitionLedger) => {
    done.push(part);
    report();
  };
  report();

  const task = {
    importId: record.id,
    attempt: record.attempt,
    columns: record.columns ?? [],
    delimiter: record.delimiter ?? ',',
    quoting: record.quoting,
    ...stagedColumns(record.columns ?? [], record.ignoredColumns ?? []),
    partitions: waiting,
    rows: record.rowsRead,
    lanes: limits.ingestLanes,
    sourceId: record.sourceId,
  };
  const onDeleted = (products: number) => {
    rowsDeleted = products;
    report();
  };
  const onTurn = (turn: 'awaited' | 'taken') =>
    progress.report({ waitingFor: turn === 'awaited' ? 'MERGE_TURN' : null });
  const planned = await mergeStaged(database, task, { signal, drain, onTurn, onMerged, onDeleted });

  const { rowsInserted, rowsUpdated, rowsUnchanged, rowsSuperseded } = mergedRows(done);
  const products = rowsInserted + rowsUpdated + rowsDeleted;
  await gatherStatistics(database, {
    products,
    names: products,
    issues: rowsSuperseded + record.rowsRejected,
    claims: record.sourceId === null ? 0 : record.rowsRead + rowsDeleted,
  });

  const written = rowsInserted + rowsUpdated + rowsUnchanged + rowsSuperseded + rowsDeleted;
  const accounted = written + record.rowsRejected;
  const expected = record.rowsRead + planned;
  if (accounted !== expected) {
    throw new Error(`the ledger of import ${record.id} does not close: ${accounted} of ${expected} rows`);
  }
  await dropStaging(database.sql, record.id);
}

interface MergedRows {
  rowsInserted: number;
  rowsUpdated: number;
  rowsUnchanged: number;
  rowsSuperseded: number;
}

/** @returns the part of the ledger that these partitions booked, merged or not */
export function mergedRows(partitions: readonly Omit<PartitionLedger, 'staged'>[]): MergedRows {
  const sum = { rowsInserted: 0, rowsUpdated: 0, rowsUnchanged: 0, rowsSuperseded: 0 };
  for (const { inserted, updated, unchanged, superseded } of partitions) {
    sum.rowsInserted += inserted;
    sum.rowsUpdated += updated;
    sum.rowsUnchanged += unchanged;
    sum.rowsSuperseded += superseded;
  }
  return sum;
}

function fileIsGone(): LoadstoneError {
  return new LoadstoneError(
    'SPOOL_UNAVAILABLE',
    'Its rows have to be read again, and its file is not in the data folder of this server (DATA_DIR). Send the file again.',
  );
}

function longRecord({ line, lineCount }: LongRecord): ImportWarning {
  return {
    code: 'LONG_REJECTED_RECORD',
    message: `The rejected record that starts on line ${line} holds ${lineCount} lines: rows may be among them. Correct its first quote that does not match.`,
    line,
  };
}

function tooManyRejected(limit: number): LoadstoneError {
  return new LoadstoneError(
    'TOO_MANY_REJECTED_ROWS',
    `More than ${limit} rows were rejected; nothing was imported. See the issues for the reasons; ` +
      'raise the option maxRejectedRows to import the good rows all the same.',
  );
}
