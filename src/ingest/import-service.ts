// Takes uploads, has their imports worked on, cancels and retries them.

import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  hasEnded,
  type ImportChanges,
  type ImportRecord,
  type ImportStore,
  isBrokenOff,
  type NewImport,
} from '../db/imports/import-store.ts';
import type { RowIssueStore } from '../db/imports/row-issue-store.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import type { ProcessPresence } from '../db/postgres/locks/process-presence.ts';
import { toStorable } from '../db/postgres/storable-text.ts';
import type { ImportWarning } from '../db/tables.ts';
import { LoadstoneError } from '../errors.ts';
import { failureOf } from './import-failure.ts';
import { ImportRunner, type Outcome, type RunnerParts, type RunnerSettings } from './import-runner.ts';
import { WarmLanes } from './lane/lane-pool.ts';
import type { ProgressFeed } from './progress/progress-feed.ts';
import type { Dialect } from './read/dialect.ts';
import type { ImportLimits } from './run-import.ts';
import type { Spool, SpooledUpload } from './spool/spool.ts';
import { WorkSlots } from './work-slots.ts';

export interface UploadedFile {
  fileName: string;
  /** Bytes of the whole request, an upper bound of the file's size; undefined when it is sent in chunks. */
  sizeHint: number | undefined;
  /** Errors when the client goes away or the file is cut. */
  stream: Readable;
  /** The data source that it comes from; without one it is an upload. */
  source?: { id: string; name: string };
  /** What is known of it before it is read. */
  warnings?: ImportWarning[];
}

/** As the client chose, already validated. */
export interface ImportOptions extends Dialect {
  id?: string;
  maxRejectedRows?: number;
}

export interface ServiceSettings extends ImportLimits, RunnerSettings {
  maxUploadBytes: number;
  maxRejectedRows: number;
  /** Imports at work at once. */
  maxActiveImports: number;
}

const FILE_NAME_LENGTH = 255;
const LOOK_EVERY = 50;
const CANCEL_WAIT = 10_000;
/** How long the partitions at work may take when the server stops. */
const HAND_BACK_WITHIN = 4000;

export class ImportService {
  readonly #settings: ServiceSettings;
  readonly #store: ImportStore;
  readonly #spool: Spool;
  readonly #log: Logger;
  readonly #presence: ProcessPresence;
  readonly #lanes: WarmLanes;
  readonly #parts: RunnerParts;
  readonly #running = new Map<string, ImportRunner>();
  /** By id: settles when all that were sent so far with it have been received. */
  readonly #receiving = new Map<string, Promise<void>>();
  #closing = false;

  constructor(parts: {
    database: Database;
    settings: ServiceSettings;
    importStore: ImportStore;
    rowIssues: RowIssueStore;
    spool: Spool;
    presence: ProcessPresence;
    feed: ProgressFeed;
    log: Logger;
  }) {
    const { database, settings, importStore, rowIssues, spool, presence, feed, log } = parts;
    this.#settings = settings;
    this.#store = importStore;
    this.#spool = spool;
    this.#log = log;
    this.#presence = presence;
    this.#lanes = new WarmLanes(settings.ingestLanes);
    this.#parts = {
      work: {
        database,
        importStore,
        rowIssues,
        spool,
        owner: presence.id,
        lanes: this.#lanes,
        limits: settings,
        log,
      },
      settings,
      presence,
      slots: new WorkSlots(settings.maxActiveImports),
      feed,
      log,
    };
    this.#lanes.prepare();
  }

  /** Whether this process works on an import. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Whether this process receives or works on this import. */
  isAtWork(id: string): boolean {
    return this.#running.has(id) || this.#receiving.has(id);
  }

  /**
   * Begins no more work, and ends that under way at the next partition; uploads may go on until `close`. Resolves when no
   * work is under way, after some seconds at most.
   */
  async handBack(): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    for (const runner of running) runner.handBack(HAND_BACK_WITHIN);
    await Promise.all(running.map(({ done }) => done));
  }

  /** Ends the work, and gives up the imports that are not finished for another process to go on with. */
  async close(): Promise<void> {
    await this.handBack();
    await Promise.all(this.#receiving.values());
    await this.#lanes.close();
    // Should the database be away, the others find out by themselves that this process is gone.
    await this.#store.release(this.#presence.id).catch(() => {});
  }

  /**
   * Receives a file. Its rows are read while it still arrives; the promise resolves when all of it is safe on disk,
   * or when the import has ended before that. The import goes on by itself.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED, FILE_TOO_LARGE, SPOOL_FULL, SPOOL_UNAVAILABLE, IMPORT_ID_TAKEN,
   *   SHUTTING_DOWN
   */
  async receive(file: UploadedFile, options: ImportOptions): Promise<ImportRecord> {
    const id = options.id ?? randomUUID();
    const { fileName, sizeHint, source, warnings } = file;
    const { maxRejectedRows = this.#settings.maxRejectedRows, ...dialect } = options;
    const record: NewImport = {
      ...dialect,
      id,
      fileName: toStorable(fileName, FILE_NAME_LENGTH),
      status: 'RECEIVING',
      maxRejectedRows,
      bytesTotal: sizeHint,
      warnings,
      sourceId: source?.id,
      sourceName: source?.name,
      owner: this.#presence.id,
    };
    // From before it has a record: nobody is to find that without anyone at work on it.
    return this.#inTurn(id, () => this.#receiveInTurn(record, file));
  }

  /**
   * Stops an import wherever it is. Products stay as the partitions left them that were merged.
   *
   * @throws LoadstoneError NOT_FOUND, IMPORT_FINISHED
   */
  async cancel(id: string): Promise<ImportRecord> {
    if (!(await this.#store.requestCancel(id))) {
      const { status } = await this.#get(id);
      throw new LoadstoneError(
        'IMPORT_FINISHED',
        `The import is ${status} already; there is nothing to cancel.`,
      );
    }
    this.#running.get(id)?.cancel();
    const deadline = performance.now() + CANCEL_WAIT;
    return this.#waitFor(id, (record) => hasEnded(record) || performance.now() > deadline);
  }

  /**
   * Goes on with a failed import whose file was kept.
   *
   * @throws LoadstoneError NOT_FOUND, NOT_RETRYABLE, SPOOL_UNAVAILABLE, SHUTTING_DOWN
   */
  async retry(id: string): Promise<ImportRecord> {
    if (this.#closing) throw shuttingDown();
    const record = await this.#get(id);
    const isKept = record.retryUntil !== null && (await this.#spool.isComplete(id));
    if (record.retryUntil !== null && !isKept) throw fileElsewhere();
    const reopened = isKept ? await this.#store.reopen(id, this.#presence.id) : undefined;
    if (!reopened) {
      const { status, errorCode } = await this.#get(id);
      throw new LoadstoneError(
        'NOT_RETRYABLE',
        `The import is ${status}${errorCode ? ` (${errorCode})` : ''}, and its file is not kept for a retry. Send the file again.`,
      );
    }
    this.#run(reopened);
    return reopened;
  }

  /**
   * Goes on with an import that nobody works on any more, as far as that can be done.
   *
   * @param waitedMs since it was first seen so
   */
  async takeUp(record: ImportRecord, waitedMs: number): Promise<void> {
    const { id, status } = record;
    const isComplete = await this.#spool.isComplete(id);
    const canGoOn = status === 'MERGING' || isComplete;
    const isOver = record.cancelRequestedAt !== null || status === 'RECEIVING';
    if (!canGoOn && !isOver && waitedMs < this.#settings.databaseWaitSeconds * 1000) {
      return this.#store.awaitSpool(record);
    }
    if (this.#closing) return;
    const claimed = await this.#store.claim(record, this.#presence.id);
    if (!claimed) return;
    this.#log.info({ import: id }, 'taking up an import that was left');
    if (record.owner && record.owner !== this.#presence.id)
      await this.#presence.terminateBackendsOf(record.owner);
    // Killed when the file was safe, and before it had said so.
    const upload = status === 'RECEIVING' && isComplete ? await this.#spool.inspect(id) : undefined;
    const runner = this.#run(claimed);
    if (upload) runner.progress.report(arrived(upload));
    if (record.cancelRequestedAt) return runner.cancel();
    if (canGoOn) return;
    const { code, message } = status === 'RECEIVING' ? serverStopped() : fileElsewhere();
    runner.end({ status: 'FAILED', code, message });
  }

  #run(record: ImportRecord): ImportRunner {
    const runner = new ImportRunner(this.#parts, record);
    this.#running.set(record.id, runner);
    runner.done.then(() => {
      if (this.#running.get(record.id) === runner) this.#running.delete(record.id);
      if (!this.#closing) this.#lanes.prepare();
    });
    return runner;
  }

  /** What is sent with one id is received one after the other: only then is it known what the first of it became. */
  async #inTurn<Result>(id: string, receive: () => Promise<Result>): Promise<Result> {
    const receiving = (this.#receiving.get(id) ?? Promise.resolve()).then(receive);
    const received = receiving.then(
      () => {},
      () => {},
    );
    this.#receiving.set(id, received);
    try {
      return await receiving;
    } finally {
      if (this.#receiving.get(id) === received) this.#receiving.delete(id);
    }
  }

  async #receiveInTurn(record: NewImport, file: UploadedFile): Promise<ImportRecord> {
    for (;;) {
      if (this.#closing) throw shuttingDown();
      // Its client may have left while it waited.
      if (file.stream.errored) throw file.stream.errored;
      if ((await this.#store.create(record)) || (await this.#beginAnew(record))) {
        return this.#receive(await this.#get(record.id), file.stream);
      }
      const first = await this.#waitFor(record.id, (state) => {
        if (this.#closing) throw shuttingDown();
        return state.sha256 !== null || hasEnded(state);
      });
      if (!isBrokenOff(first)) return this.#sameAsBefore(first, file);
    }
  }

  async #beginAnew(record: NewImport): Promise<boolean> {
    const begun = await this.#store.beginAnew(record);
    // The process that had it may have been killed.
    if (begun) await this.#spool.remove(record.id);
    return begun;
  }

  async #receive(record: ImportRecord, stream: Readable): Promise<ImportRecord> {
    const { id } = record;
    const runner = this.#run(record);
    const { progress } = runner;
    const receiving = new AbortController();
    // The rest of the file of an import that has ended is of no use; of one that is handed back it is.
    runner.done.then((ended) => {
      if (ended) receiving.abort();
    });
    try {
      const upload = await this.#spool.write(id, stream, {
        maxBytes: this.#settings.maxUploadBytes,
        sizeHint: record.bytesTotal ?? undefined,
        onBytes: (bytesReceived) => progress.report({ bytesReceived }),
        signal: receiving.signal,
      });
      progress.report(arrived(upload));
      // Should the database be away, the import goes on all the same, and says so when it is back.
      await progress.flush().catch(() => {});
    } catch (error) {
      if (!receiving.signal.aborted) {
        await this.#failToReceive(runner, record, error);
        throw error;
      }
    }
    return (await this.#store.get(id).catch(() => undefined)) ?? progress.current;
  }

  async #failToReceive(runner: ImportRunner, record: ImportRecord, error: unknown): Promise<void> {
    const outcome: Outcome = { status: 'FAILED', ...failureOf(error, record.id, this.#log) };
    runner.end(outcome);
    if (await runner.done) return;
    // The work was handed back before: it takes another runner to end the import.
    const last = new ImportRunner(this.#parts, record);
    last.end(outcome);
    await last.done;
  }

  /** The same id again: the first import is the answer, unless its file is another one. */
  async #sameAsBefore(first: ImportRecord, file: UploadedFile): Promise<ImportRecord> {
    // Of one that was cancelled before there is nothing to compare with: what is sent is not read.
    if (first.sha256 === null || (await isSameFile(first, file))) return first;
    const message = `The id ${first.id} belongs to an import of another file. Choose a new id for each file.`;
    throw new LoadstoneError('IMPORT_ID_TAKEN', message);
  }

  /** Looks at the import now and then until it is as wanted. */
  async #waitFor(id: string, isAsWanted: (record: ImportRecord) => boolean): Promise<ImportRecord> {
    for (;;) {
      const record = await this.#get(id);
      if (isAsWanted(record)) return record;
      await pause(LOOK_EVERY);
    }
  }

  async #get(id: string): Promise<ImportRecord> {
    const record = await this.#store.get(id);
    if (!record) throw new LoadstoneError('NOT_FOUND', `There is no import with the id ${id}.`);
    return record;
  }
}

/** Reads no further than to where the files differ in length. */
async function isSameFile({ bytesReceived, sha256 }: ImportRecord, file: UploadedFile): Promise<boolean> {
  if (file.sizeHint !== undefined && file.sizeHint < bytesReceived) return false;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of file.stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesReceived) return false;
    hash.update(chunk);
  }
  return hash.digest('hex') === sha256;
}

function arrived({ bytes, sha256 }: SpooledUpload): ImportChanges {
  return { bytesReceived: bytes, bytesTotal: bytes, sha256, status: 'LOADING' };
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

function shuttingDown(): LoadstoneError {
  return new LoadstoneError('SHUTTING_DOWN', 'The server is shutting down. Send the file again in a moment.');
}
