// The first half of an import: reads its file and stages its rows.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import { createStaging, type Staging } from '../../db/imports/staging.ts';
import { rejectRepeated } from '../../db/merge/superseded/reject-repeated.ts';
import { LoadstoneError } from '../../errors.ts';
import { Bursts } from '../lane/bursts.ts';
import { LanePool } from '../lane/lane-pool.ts';
import { laneTask, suitsFirstLoad } from '../lane/lane-task.ts';
import type { LoadedRows } from '../lane/lane-thread.ts';
import type { LaneTask } from '../lane/messages.ts';
import { SuspectSkuCounter } from '../lane/suspect-skus.ts';
import type { Progress } from '../progress/progress.ts';
import { type Block, type BlockReader, openBlockReader } from '../read/block-reader.ts';
import { dialectOf } from '../read/dialect.ts';
import type { Header } from '../read/header/header.ts';
import { charsetWarnings, longRejectedRecordWarning, Warnings } from '../read/warnings.ts';
import { readAhead } from '../spool/read-ahead.ts';
import { columnUses } from './column-uses.ts';
import type { ImportSlot } from './import-slot.ts';
import type { ImportControl, ImportWork } from './import-work.ts';
import { type IssueLimits, rejectedLimit } from './issue-limits.ts';
import { StagingRoom } from './staging-room.ts';

export interface LoadedFile {
  /** The import as it is now. */
  record: ImportRecord;
  /** The number of staged rows of each partition. */
  staged: readonly number[];
}

/**
 * @throws LoadstoneError for a fault of the file, the signal's reason, OwnershipLostError, or any other error
 */
export async function loadRows(
  work: ImportWork,
  record: ImportRecord,
  progress: Progress,
  { signal, drain, slot }: ImportControl,
): Promise<LoadedFile> {
  const { database, importStore, rowIssues, limits, spool } = work;
  if (record.status !== 'RECEIVING' && !(await spool.isComplete(record.id))) throw fileNotFound();
  const staging = await startAttempt(record, progress);
  const warnings = reportedWarnings(work, record, progress);
  const ended = new AbortController();
  const earlier = await importStore.partitions(record.id);
  // What is merged in part must be merged wholly: its rows had room before.
  const room = new StagingRoom(database, record.id, earlier.length > 0 ? 0 : limits.maxStagedRows);
  const stop = AbortSignal.any([signal, drain, ended.signal, room.full]);
  const ahead = readAhead();
  await using reader = await openBlockReader(spool, record.id, {
    ...dialectOf(record),
    mapping: record.givenMapping ?? [],
    defaults: record.defaults ?? {},
    keepColumns: record.keepColumns,
    onWarning: (warning) => warnings.add(warning),
    maxRecordBytes: limits.maxRecordBytes,
    unpackLimits: limits,
    readAhead: ahead,
    signal: stop,
  });
  // Runs before the reader is disposed of, which waits for its pending read.
  using _ended = { [Symbol.dispose]: () => ended.abort() };
  const { columns, mapping, ignoredColumns, delimiter } = reader.header;
  const header = {
    columns,
    mapping,
    keptColumns: keptNames(reader.header),
    ignoredColumns,
    delimiter: String.fromCharCode(delimiter),
    ...reader.dialect,
  };
  progress.report(header);

  // Nothing that other imports need is held before there are rows to load.
  const bursts = new Bursts(reader, ahead);
  await bursts.begin();
  await slot.acquire(stop);
  const isFirstLoad = earlier.length <= 1 && (await suitsFirstLoad(database.sql, record, reader));
  const task = laneTask(database, record, staging, reader, limits, isFirstLoad ? 1 : earlier.length);
  await rowIssues.clearRejected(record.id);
  await createStaging(database.sql, staging, task.partitions, task.columns, isFirstLoad);

  const tally = new Tally(record, limits, warnings, progress, room);
  const staged = await loadBursts(work, task, { bursts, reader, tally }, slot, stop);
  tally.warnOfSuspectSkus();
  for (const warning of reader.sheetWarnings()) warnings.add(warning);
  if (record.onDuplicate === 'REJECT') await rejectRepeatedRows(work, task, reader, staged, tally);
  await progress.flush();
  await room.require(tally.staged, stop);
  return { record: progress.current, staged };
}

/** @returns null if no columns are kept */
function keptNames({ keptColumns }: Header): string[] | null {
  return keptColumns.length > 0 ? keptColumns.map(({ name }) => name) : null;
}

/** Each attempt stages into tables of its own. */
async function startAttempt(record: ImportRecord, progress: Progress): Promise<Staging> {
  const attempt = progress.current.attempt + 1;
  progress.report({ attempt });
  await progress.flush();
  return { importId: record.id, attempt };
}

function reportedWarnings({ log }: ImportWork, record: ImportRecord, progress: Progress): Warnings {
  const known = charsetWarnings(record.warnings);
  progress.report({ warnings: known });
  return new Warnings(known, (warnings) => {
    progress.report({ warnings });
    log.info({ import: record.id, warning: warnings.at(-1) }, 'an import has a warning');
  });
}

/** @returns the number of staged rows of each partition */
async function loadBursts(
  work: ImportWork,
  task: LaneTask,
  { bursts, reader, tally }: { bursts: Bursts<Block>; reader: BlockReader; tally: Tally },
  slot: ImportSlot,
  stop: AbortSignal,
): Promise<number[]> {
  const staged: number[] = new Array(task.partitions).fill(0);
  while (!bursts.isOver) {
    await bursts.begin();
    await slot.acquire(stop);
    await using lanes = new LanePool(work.lanes, work.limits.ingestLanes);
    const burst = {
      [Symbol.asyncIterator]: () => bursts.burst(() => slot.hasWaiters),
      recycle: reader.recycle,
    };
    const loaded = await lanes.load(task, burst, (rows) => tally.add(rows), stop);
    for (const [partition, count] of loaded.entries()) staged[partition] = (staged[partition] ?? 0) + count;
    // The client has to send more first.
    if (!bursts.isOver) slot.release();
  }
  return staged;
}

/** Of rows with the same SKU, none is kept. @param staged the number of rows in each partition, which is reduced */
async function rejectRepeatedRows(
  { database }: ImportWork,
  { staging, columns, layout }: LaneTask,
  { header }: BlockReader,
  staged: number[],
  tally: Tally,
): Promise<void> {
  const file = {
    ...staging,
    ...columns,
    columns: columnUses({ ...header, keptColumns: keptNames(header) }),
    delimiter: String.fromCharCode(layout.delimiter),
    quoting: layout.quoting ?? 'STANDARD',
    skuColumn: header.columns[header.skuIndex] ?? '',
  };
  for (const [partition, rows] of staged.entries()) {
    // One more than may be rejected shows that they are too many.
    const rejected = await rejectRepeated(database, file, partition, tally.rejectable + 1);
    staged[partition] = rows - rejected;
    tally.addRejected(rejected);
  }
}

/** Sums what the lanes have loaded. */
class Tally {
  readonly rows = { rowsRead: 0, rowsRejected: 0, bytesProcessed: 0 };
  readonly #maxRejectedRows: number;
  readonly #isServerLimit: boolean;
  readonly #warnings: Warnings;
  readonly #progress: Progress;
  readonly #room: StagingRoom;
  readonly #suspectSkus = new SuspectSkuCounter();

  constructor(
    record: ImportRecord,
    limits: IssueLimits,
    warnings: Warnings,
    progress: Progress,
    room: StagingRoom,
  ) {
    this.#maxRejectedRows = rejectedLimit(record, limits);
    this.#isServerLimit = this.#maxRejectedRows < record.maxRejectedRows;
    this.#warnings = warnings;
    this.#progress = progress;
    this.#room = room;
  }

  get staged(): number {
    return this.rows.rowsRead - this.rows.rowsRejected;
  }

  /** How many more rows may be rejected. */
  get rejectable(): number {
    return this.#maxRejectedRows - this.rows.rowsRejected;
  }

  /** @throws LoadstoneError TOO_MANY_REJECTED_ROWS */
  add({ read, rejected, spoolBytes = 0, longRecords, suspectSkus }: LoadedRows): void {
    for (const record of longRecords) this.#warnings.add(longRejectedRecordWarning(record));
    this.#suspectSkus.add(suspectSkus);
    this.rows.rowsRead += read;
    this.rows.rowsRejected += rejected;
    this.rows.bytesProcessed = Math.max(this.rows.bytesProcessed, spoolBytes);
    this.#progress.report({ ...this.rows });
    this.#requireFewRejected();
    this.#room.note(this.staged);
  }

  /**
   * Of rows that were read before.
   *
   * @throws LoadstoneError TOO_MANY_REJECTED_ROWS
   */
  addRejected(rejected: number): void {
    this.rows.rowsRejected += rejected;
    this.#progress.report({ ...this.rows });
    this.#requireFewRejected();
  }

  warnOfSuspectSkus(): void {
    for (const warning of this.#suspectSkus.warnings()) this.#warnings.add(warning);
  }

  #requireFewRejected(): void {
    if (this.rejectable < 0) throw tooManyRejected(this.#maxRejectedRows, this.#isServerLimit);
  }
}

function fileNotFound(): LoadstoneError {
  return new LoadstoneError(
    'SPOOL_UNAVAILABLE',
    'The rows have to be read again, but the file is not in the data folder of this server (DATA_DIR). Send the file again.',
  );
}

/** @param isServerLimit whether the option of the import allows more */
function tooManyRejected(limit: number, isServerLimit: boolean): LoadstoneError {
  const advice = isServerLimit
    ? 'the server keeps no more of an import: correct the file, or raise MAX_ROW_ISSUES.'
    : 'raise the option maxRejectedRows to import the good rows all the same.';
  return new LoadstoneError(
    'TOO_MANY_REJECTED_ROWS',
    `More than ${limit} rows were rejected; nothing was imported. See the issues for the reasons; ${advice}`,
  );
}
