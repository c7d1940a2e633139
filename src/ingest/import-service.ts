// What can be done with imports: receive a file, cancel, retry, take over the import of a process that died.

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { deletedAmong, deleteImport } from '../db/imports/delete-imports.ts';
import { hasEnded, type ImportRecord } from '../db/imports/import-record.ts';
import type { ImportStore } from '../db/imports/import-store.ts';
import type { RowIssueStore } from '../db/imports/row-issue-store.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import type { ProcessPresence } from '../db/postgres/locks/process-presence.ts';
import { LoadstoneError } from '../errors.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { currentTraceParent } from '../telemetry/tracing.ts';
import type { LaneLimits } from './lane/lane-task.ts';
import type { WarmLanes } from './lane/warm-lanes.ts';
import type { ProgressFeed } from './progress/progress-feed.ts';
import type { UnpackLimits } from './read/format/bound-unpacked.ts';
import {
  type ImportOptions,
  type IncomingFile,
  type ReceiverSettings,
  received,
  shuttingDown,
  UploadReceiver,
} from './receiving/upload-receiver.ts';
import { correctionFile, type RowToCorrect } from './requests/correction-file.ts';
import { requireCorrectable } from './requests/correction-refusal.ts';
import { deletionRefusal } from './requests/deletion-refusal.ts';
import { importNotFound, requireImport } from './requests/require-import.ts';
import { retryRefusal } from './requests/retry-refusal.ts';
import { requireUndoable, undoRefusal } from './requests/undo-refusal.ts';
import type { Outcome, RunnerSettings } from './running/import-runner.ts';
import { RunningImports } from './running/running-imports.ts';
import { Semaphore } from './semaphore.ts';
import type { Spool } from './spool/spool.ts';
import type { StagingLimits } from './stages/import-work.ts';
import type { IssueLimits } from './stages/issue-limits.ts';

export interface ServiceSettings
  extends StagingLimits,
    LaneLimits,
    UnpackLimits,
    IssueLimits,
    RunnerSettings,
    ReceiverSettings {
  /** Imports that this process works on at the same time. */
  maxActiveImports: number;
  /** How long an import can be undone. */
  undoDays: number;
  /** How long a previewed import can be committed. */
  previewHours: number;
}

/** How long `cancel` waits for the import to end, in milliseconds. */
const CANCEL_WITHIN = 10_000;

export class ImportService {
  readonly #database: Database;
  readonly #settings: ServiceSettings;
  readonly #store: ImportStore;
  readonly #rowIssues: RowIssueStore;
  readonly #spool: Spool;
  readonly #presence: ProcessPresence;
  readonly #feed: ProgressFeed;
  readonly #log: Logger;
  readonly #running: RunningImports;
  readonly #receiver: UploadReceiver;
  readonly #slots: Semaphore;

  constructor(parts: {
    database: Database;
    settings: ServiceSettings;
    importStore: ImportStore;
    rowIssues: RowIssueStore;
    spool: Spool;
    presence: ProcessPresence;
    feed: ProgressFeed;
    lanes: WarmLanes;
    log: Logger;
    telemetry: Telemetry;
  }) {
    const { database, settings, importStore, rowIssues, spool, presence, feed, lanes, log } = parts;
    const { telemetry } = parts;
    const owner = presence.id;
    this.#database = database;
    this.#settings = settings;
    this.#store = importStore;
    this.#rowIssues = rowIssues;
    this.#spool = spool;
    this.#presence = presence;
    this.#feed = feed;
    this.#log = log;
    const shared = { importStore, spool, owner, log, telemetry };
    this.#slots = new Semaphore(settings.maxActiveImports);
    this.#running = new RunningImports({
      work: { ...shared, database, rowIssues, lanes, limits: settings, previewHours: settings.previewHours },
      settings,
      presence,
      slots: this.#slots,
      feed,
      log,
    });
    this.#receiver = new UploadReceiver({ ...shared, settings, running: this.#running, feed });
  }

  /** Whether this process works on an import. */
  get isBusy(): boolean {
    return !this.#running.isEmpty;
  }

  /** The places for imports that are worked on at the same time. */
  get slots(): { used: number; free: number; waiting: number } {
    const { used, free, waiting } = this.#slots;
    return { used, free, waiting };
  }

  /** Whether this process receives or works on this import. */
  isActive(id: string): boolean {
    return this.#running.get(id) !== undefined || this.#receiver.isReceiving(id);
  }

  /**
   * Starts no more work and stops that in progress at the next partition; uploads may go on until `close`. Resolves once
   * the work has stopped, within some seconds.
   */
  async drain(): Promise<void> {
    await this.#running.drain();
  }

  /** Stops the work, and releases unfinished imports for another process to take over. */
  async close(): Promise<void> {
    await this.drain();
    await this.#receiver.idle();
    // If the database is unavailable, the others find out that this process is gone.
    await this.#store.release(this.#presence.id).catch(() => {});
  }

  /**
   * Receives a file. Its rows are read while it still arrives; the promise resolves once the whole file is safe on disk, or
   * the import has ended before that. The import goes on by itself.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED, FILE_TOO_LARGE, SPOOL_FULL, SPOOL_UNAVAILABLE, IMPORT_ID_TAKEN,
   *   SHUTTING_DOWN
   */
  receive(file: IncomingFile, options: ImportOptions): Promise<ImportRecord> {
    return this.#receiver.receive(file, options);
  }

  /**
   * Imports rejected rows of an import again, corrected. Their columns mean what they mean in that import, with its defaults
   * and its rule for duplicates. Resolves as `receive` does.
   *
   * @param rows one or more
   * @param options.id of the correction; random if it is undefined
   * @param options.author the name of who corrects them; null if that is unknown
   * @throws LoadstoneError NOT_FOUND, IMPORT_UNFINISHED, NOT_CORRECTABLE, BEING_UNDONE, ALREADY_UNDONE, ALREADY_CORRECTED,
   *   BAD_USER_INPUT (with `rows`), and as `receive`
   */
  async correctRows(
    corrects: string,
    rows: readonly RowToCorrect[],
    { id, author = null }: { id?: string | undefined; author?: string | null } = {},
  ): Promise<ImportRecord> {
    const corrected = await this.#get(corrects);
    requireCorrectable(corrected);
    const issues = await this.#rowIssues.rejectedAt(
      corrects,
      rows.map(({ line }) => line),
    );
    const file = correctionFile(corrected, issues, rows);
    const { fileName, mapping, defaults, keepColumns, onDuplicate, profile } = corrected;
    const { bytes } = file;
    return this.#receiver.receive(
      {
        fileName,
        sizeHint: bytes.length,
        stream: Readable.from([bytes]),
        sender: author,
        correction: { corrects, rows: file.rows },
      },
      {
        ...(id !== undefined && { id }),
        delimiter: ',',
        encoding: 'utf-8',
        ...(mapping && { mapping: mapping.map(({ column, field }) => ({ column, field })) }),
        ...(defaults && { defaults }),
        keepColumns,
        onDuplicate,
        ...(profile !== null && { profile }),
        maxRejectedRows: file.rows.length,
      },
    );
  }

  /**
   * Stops an import at whatever stage it is. Partitions that are merged stay in the catalogue.
   *
   * @throws LoadstoneError NOT_FOUND, IMPORT_FINISHED
   */
  async cancel(id: string): Promise<ImportRecord> {
    const record = await this.#store.requestCancel(id);
    if (!record) {
      const { status } = await this.#get(id);
      throw new LoadstoneError(
        'IMPORT_FINISHED',
        `The import is ${status} already; there is nothing to cancel.`,
      );
    }
    // Nobody owns it. If this process may not, another one ends it soon.
    if (record.status === 'READY') await this.takeOver(record, 0);
    else this.#running.get(id)?.cancel();
    const ended = await this.#feed.waitFor(id, hasEnded, AbortSignal.timeout(CANCEL_WITHIN));
    return ended ?? this.#get(id);
  }

  /**
   * Merges a previewed import. One that was committed before is returned as it is by now.
   *
   * @throws LoadstoneError NOT_FOUND, NOT_READY, PREVIEW_EXPIRED, SHUTTING_DOWN
   */
  async commit(id: string): Promise<ImportRecord> {
    if (this.#running.draining.aborted) throw shuttingDown();
    const committed = await this.#store.commit(id, this.#presence.id);
    if (committed) {
      this.#running.start(committed);
      return committed;
    }
    const record = await this.#get(id);
    if (record.committedAt === null) throw notCommittable(record);
    return record;
  }

  /**
   * Resumes a failed import whose file was kept.
   *
   * @throws LoadstoneError NOT_FOUND, NOT_RETRYABLE, SPOOL_UNAVAILABLE, SHUTTING_DOWN
   */
  async retry(id: string): Promise<ImportRecord> {
    if (this.#running.draining.aborted) throw shuttingDown();
    const record = await this.#get(id);
    const isKept = record.retryUntil !== null && (await this.#spool.isComplete(id));
    if (record.retryUntil !== null && !isKept) throw fileElsewhere();
    const reopened = isKept ? await this.#store.reopen(id, this.#presence.id) : undefined;
    if (!reopened) throw retryRefusal(await this.#get(id));
    this.#running.start(reopened);
    return reopened;
  }

  /**
   * Undoes an import that has ended, or goes on with an undo that failed or was cancelled.
   *
   * @param author the name of who undoes it; null if that is unknown
   * @returns the undo
   * @throws LoadstoneError NOT_FOUND, IMPORT_UNFINISHED, BEING_UNDONE, ALREADY_UNDONE, UNDO_EXPIRED, SHUTTING_DOWN
   */
  async undo(id: string, author: string | null = null): Promise<ImportRecord> {
    if (this.#running.draining.aborted) throw shuttingDown();
    const record = await this.#get(id);
    const earlier = await this.#store.undoOf(id);
    requireUndoable(record, earlier, this.#settings.undoDays);
    const undo = earlier
      ? await this.#store.reopenUndo(earlier.id, this.#presence.id)
      : await this.#store.createUndo({
          id: randomUUID(),
          fileName: record.fileName,
          status: 'LOADING',
          maxRejectedRows: 0,
          undoes: id,
          createdBy: author,
          owner: this.#presence.id,
          traceParent: currentTraceParent(),
        });
    if (undo) {
      this.#running.start(undo);
      return undo;
    }
    // Somebody else was faster.
    const now = await this.#get(id);
    throw undoRefusal(now, await this.#store.undoOf(id));
  }

  /**
   * Takes over an import without a living owner, and resumes or ends it.
   *
   * @param abandonedMs for how long it has been without an owner
   */
  async takeOver(record: ImportRecord, abandonedMs: number): Promise<void> {
    const { id, status, owner } = record;
    const isComplete = await this.#spool.isComplete(id);
    const isOver = record.cancelRequestedAt !== null || status === 'RECEIVING' || status === 'READY';
    const canResume = status === 'MERGING' || isComplete || record.undoes !== null;
    if (!canResume && !isOver && abandonedMs < this.#settings.databaseWaitSeconds * 1000) {
      return this.#store.awaitSpool(record);
    }
    if (this.#running.draining.aborted) return;
    const claimed = await this.#store.claim(record, this.#presence.id);
    if (!claimed) return;
    this.#log.info({ import: id }, 'taking over an import');
    if (owner && owner !== this.#presence.id) await this.#presence.terminateBackendsOf(owner);
    // Its owner may have died between storing the file and recording that.
    const upload = status === 'RECEIVING' && isComplete ? await this.#spool.inspect(id) : undefined;
    const runner = this.#running.start(claimed, outcomeOf(record, canResume));
    if (upload) runner.progress.report(received(upload));
  }

  /**
   * Deletes an import that has ended, but nothing of what it has brought into the catalogue. Deleting it again has no effect.
   *
   * @returns the import as it was; undefined if it was deleted before
   * @throws LoadstoneError NOT_FOUND, IMPORT_IN_USE
   */
  async delete(id: string): Promise<ImportRecord | undefined> {
    const record = await this.#store.get(id);
    if (!record && !(await deletedAmong(this.#database, [id])).has(id)) throw importNotFound(id);
    const hindrance = record && (await deleteImport(this.#database, id));
    if (hindrance) throw deletionRefusal(id, hindrance);
    if (record) this.#log.info({ import: id }, 'an import was deleted');
    // If it could be retried, its file was kept. Another server removes it, if it has it, within a minute.
    await this.#spool.remove(id);
    return record;
  }

  #get(id: string): Promise<ImportRecord> {
    return requireImport(this.#database, this.#store, id);
  }
}

/** @returns how an import ends that is taken over; undefined if it goes on */
function outcomeOf(record: ImportRecord, canResume: boolean): Outcome | undefined {
  if (record.cancelRequestedAt) return { status: 'CANCELLED' };
  if (record.status === 'READY') return { status: 'CANCELLED', reason: expired() };
  if (canResume) return undefined;
  const { code, message } = record.status === 'RECEIVING' ? serverStopped() : fileElsewhere();
  return { status: 'FAILED', code, message };
}

function notCommittable({ status, errorCode, preview, cancelRequestedAt }: ImportRecord): LoadstoneError {
  const isExpired = errorCode === 'PREVIEW_EXPIRED' || (status === 'READY' && cancelRequestedAt === null);
  if (isExpired) return expired();
  const reason = !preview
    ? `The import began without the option \`preview\`, and is ${status}. There is nothing to commit.`
    : status === 'RECEIVING' || status === 'LOADING'
      ? `The import is still ${status}. Commit it once it is READY.`
      : status === 'FAILED'
        ? 'The import has failed; see its error. Retry it if it can be retried, or send the file again, with a new id.'
        : 'The import was cancelled, and nothing was imported. Send the file again, with a new id.';
  return new LoadstoneError('NOT_READY', reason);
}

function expired(): LoadstoneError {
  return new LoadstoneError(
    'PREVIEW_EXPIRED',
    'The preview was not committed in time, and nothing was imported. Send the file again, with a new id.',
  );
}

function serverStopped(): LoadstoneError {
  return new LoadstoneError(
    'UPLOAD_INTERRUPTED',
    'The server stopped during the upload. Send the file again.',
  );
}

function fileElsewhere(): LoadstoneError {
  return new LoadstoneError(
    'SPOOL_UNAVAILABLE',
    'Its file is not in the data folder of this server (DATA_DIR). Retry the import at the server that received it, or send the file again.',
  );
}
