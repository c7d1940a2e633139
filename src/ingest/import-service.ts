// Takes uploads, works on their imports, cancels them: the life of an import from its first byte to its final state.

import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { isDatabaseAway } from '../db/connections.ts';
import { hasEnded, type ImportChanges, type ImportRecord, type ImportStore } from '../db/import-store.ts';
import { ProcessPresence } from '../db/process-presence.ts';
import type { RowIssueStore } from '../db/row-issue-store.ts';
import { dropStaging } from '../db/staging.ts';
import { type ErrorCode, LoadstoneError } from '../errors.ts';
import { LaneSupply } from './lanes.ts';
import { Progress } from './progress.ts';
import { type ImportLimits, runImport } from './run-import.ts';
import type { Spool, SpooledUpload } from './spool.ts';

export interface UploadedFile {
  fileName: string;
  /** Bytes of the whole request, an upper bound of the file's size; undefined when it is sent in chunks. */
  sizeHint: number | undefined;
  /** Errors when the client goes away or the file is cut. */
  stream: Readable;
}

/** As the client chose, already validated. */
export interface ImportOptions {
  id?: string;
  delimiter?: string;
  encoding?: string;
  maxRejectedRows?: number;
}

export interface ServiceSettings extends ImportLimits {
  maxUploadBytes: number;
  maxRejectedRows: number;
}

interface Running {
  controller: AbortController;
  done: Promise<void>;
}

/** Why a running import is stopped. */
class Stop extends Error {
  readonly outcome: ImportChanges | undefined;

  constructor(outcome: ImportChanges | undefined) {
    super('the import is stopped');
    this.outcome = outcome;
  }
}

/** SQLSTATE classes of data exceptions, violated constraints and exceeded limits of the database. */
const VALUE_REFUSED = /^(22|23|54)[0-9A-Z]{3}$/;
const CANCELLED = { status: 'CANCELLED' } as const;
const FILE_NAME_LENGTH = 255;
const LOOK_EVERY = 50;
const CANCEL_WAIT = 10_000;
/** How long an import waits for a database that is away, and how long before it asks the first time. */
const DATABASE_WAIT = 120_000;
const FIRST_DATABASE_PAUSE = 250;

export class ImportService {
  readonly #database: Database;
  readonly #settings: ServiceSettings;
  readonly #store: ImportStore;
  readonly #issues: RowIssueStore;
  readonly #spool: Spool;
  readonly #log: Logger;
  readonly #presence: ProcessPresence;
  readonly #lanes: LaneSupply;
  readonly #running = new Map<string, Running>();
  #closing = false;

  constructor(parts: {
    database: Database;
    settings: ServiceSettings;
    importStore: ImportStore;
    rowIssues: RowIssueStore;
    spool: Spool;
    log: Logger;
  }) {
    this.#database = parts.database;
    this.#settings = parts.settings;
    this.#store = parts.importStore;
    this.#issues = parts.rowIssues;
    this.#spool = parts.spool;
    this.#log = parts.log;
    this.#presence = new ProcessPresence(parts.database);
    this.#lanes = new LaneSupply(parts.settings.ingestLanes);
  }

  /** Whether this process works on an import. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Takes up what a server that is gone left undone. */
  async start(): Promise<void> {
    this.#lanes.prepare();
    await this.#presence.start();
    for (const record of await this.#store.unfinished()) {
      if (await this.#presence.isAlive(record.owner)) continue;
      await this.#takeUp(record);
    }
    await this.#removeOrphans();
  }

  /** Stops the work; what is not finished is taken up at the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { controller } of this.#running.values()) controller.abort(new Stop(undefined));
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await this.#lanes.close();
    await this.#presence.close();
  }

  /**
   * Receives a file. Its rows are read while it still arrives; the promise resolves when all of it is safe on disk,
   * or when the import has ended before that. The import goes on by itself.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED, FILE_TOO_LARGE, SPOOL_UNAVAILABLE, IMPORT_ID_TAKEN, SHUTTING_DOWN
   */
  async receive(file: UploadedFile, options: ImportOptions): Promise<ImportRecord> {
    if (this.#closing) throw shuttingDown();
    const id = options.id ?? randomUUID();
    const created = await this.#store.create({
      id,
      fileName: file.fileName.slice(0, FILE_NAME_LENGTH),
      status: 'RECEIVING',
      delimiter: options.delimiter,
      encoding: options.encoding,
      maxRejectedRows: options.maxRejectedRows ?? this.#settings.maxRejectedRows,
      bytesTotal: file.sizeHint,
      owner: this.#presence.id,
    });
    const record = await this.#get(id);
    if (!created) return this.#sameAsBefore(record, file.stream);

    const { controller, progress, done } = this.#run(record);
    const receiving = new AbortController();
    done.then(() => receiving.abort(new Stop(undefined)));
    try {
      const upload = await this.#spool.write(id, file.stream, {
        maxBytes: this.#settings.maxUploadBytes,
        onBytes: (bytesReceived) => progress.report({ bytesReceived }),
        signal: receiving.signal,
      });
      progress.report(received(upload));
      // Should the database be away, the import goes on all the same, and says so when it is back.
      await progress.flush().catch(() => {});
    } catch (error) {
      if (!receiving.signal.aborted) {
        controller.abort(new Stop(this.#failureOf(id, error)));
        await done;
        throw error;
      }
    }
    return this.#get(id);
  }

  /**
   * Stops an import wherever it is. Products stay as the partitions left them that were merged.
   *
   * @throws LoadstoneError NOT_FOUND, IMPORT_FINISHED
   */
  async cancel(id: string): Promise<ImportRecord> {
    const asked = await this.#store.requestCancel(id);
    if (!asked) {
      const { status } = await this.#get(id);
      throw new LoadstoneError(
        'IMPORT_FINISHED',
        `The import is ${status} already; there is nothing to cancel.`,
      );
    }
    this.#running.get(id)?.controller.abort(new Stop(CANCELLED));
    const deadline = Date.now() + CANCEL_WAIT;
    return this.#waitFor(id, (record) => hasEnded(record) || Date.now() > deadline);
  }

  async #takeUp(record: ImportRecord): Promise<void> {
    const { id, status } = record;
    if ((await this.#spool.isComplete(id)) || status === 'MERGING') {
      this.#log.info({ import: id }, 'taking up an import that was interrupted');
      await this.#store.update(id, { owner: this.#presence.id });
      this.#run(record);
    } else if (status === 'RECEIVING') {
      const message = 'The server stopped during the upload. Send the file again.';
      await this.#end(id, failure('UPLOAD_INTERRUPTED', message));
    } else {
      const message = 'Its upload is not in the data folder of this server (DATA_DIR). Send the file again.';
      await this.#end(id, failure('SPOOL_UNAVAILABLE', message));
    }
  }

  #run(record: ImportRecord): Running & { progress: Progress } {
    const { id } = record;
    const controller = new AbortController();
    const progress = new Progress(this.#store, id, () => controller.abort(new Stop(CANCELLED)));
    progress.report({ startedAt: record.startedAt ?? new Date() });
    const done = this.#work(record, progress, controller.signal).finally(() => {
      this.#running.delete(id);
      if (!this.#closing) this.#lanes.prepare();
    });
    this.#running.set(id, { controller, done });
    return { controller, progress, done };
  }

  /** Never rejects: whatever happens becomes the import's final state. */
  async #work(record: ImportRecord, progress: Progress, signal: AbortSignal): Promise<void> {
    const { id } = record;
    try {
      const outcome = await this.#outcome(record, progress, signal);
      await progress.close();
      if (outcome) await this.#end(id, outcome);
    } catch (error) {
      this.#log.error({ import: id, err: error }, 'the end of an import could not be written');
    }
  }

  async #outcome(
    record: ImportRecord,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<ImportChanges | undefined> {
    const work = {
      database: this.#database,
      importStore: this.#store,
      rowIssues: this.#issues,
      spool: this.#spool,
      lanes: this.#lanes,
      limits: this.#settings,
    };
    let state = record;
    for (;;) {
      try {
        await runImport(work, state, progress, signal);
        await progress.flush();
        return { status: 'COMPLETED', mergedShare: 1 };
      } catch (error) {
        if (isDatabaseAway(error) && !signal.aborted) {
          this.#log.warn({ import: record.id, err: error }, 'the database is away; the import waits for it');
          const returned = await this.#whenDatabaseIsBack(record.id, signal);
          if (returned) {
            state = returned;
            continue;
          }
        }
        // What was merged until now is part of the ledger, however the import ends.
        await progress.flush().catch(() => {});
        if (signal.aborted && signal.reason instanceof Stop) return signal.reason.outcome;
        return this.#failureOf(record.id, error);
      }
    }
  }

  /** @returns the import as it is then; undefined when the database stays away, or the import is stopped */
  async #whenDatabaseIsBack(id: string, signal: AbortSignal): Promise<ImportRecord | undefined> {
    const end = Date.now() + DATABASE_WAIT;
    for (
      let wait = FIRST_DATABASE_PAUSE;
      Date.now() < end && !signal.aborted;
      wait = Math.min(2 * wait, 5000)
    ) {
      await pause(wait, undefined, { signal }).catch(() => {});
      const state = await this.#store.get(id).catch(() => undefined);
      if (state) return state;
    }
    return undefined;
  }

  /** Leaves nothing of the import behind but its record, its issues and what it merged. */
  async #end(id: string, outcome: ImportChanges): Promise<void> {
    await dropStaging(this.#database.sql, id);
    await this.#spool.remove(id);
    await this.#store.update(id, { ...outcome, finishedAt: new Date() });
  }

  #failureOf(id: string, error: unknown): ImportChanges {
    if (error instanceof LoadstoneError) return failure(error.code, error.message);
    this.#log.error({ import: id, err: error }, 'an import failed');
    if (isDatabaseAway(error)) {
      const message = `The database did not answer for ${DATABASE_WAIT / 1000} s. Send the file again when it does.`;
      return failure('DATABASE_UNAVAILABLE', message);
    }
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (typeof code === 'string' && VALUE_REFUSED.test(code)) {
      const reason = `Postgres refused rows of this file (${code}: ${message})`;
      return failure(
        'DATABASE_REJECTED_ROWS',
        `${reason}. Nothing of them was imported; correct them and send the file again.`,
      );
    }
    return failure(
      'INTERNAL',
      `The import failed on the server; its log has the details under import ${id}.`,
    );
  }

  /** The same id again: the first import is the answer as soon as its file is here, unless that is another one. */
  async #sameAsBefore({ id, owner }: ImportRecord, stream: Readable): Promise<ImportRecord> {
    const hash = createHash('sha256');
    for await (const chunk of stream) hash.update(chunk as Buffer);
    const first = await this.#waitFor(id, async (record) => {
      if (record.sha256 !== null || hasEnded(record)) return true;
      if (this.#closing) throw shuttingDown();
      return !(await this.#presence.isAlive(owner));
    });
    if (first.sha256 === hash.digest('hex')) return first;
    const use = first.sha256 ? 'of another file' : 'that ended before its file had arrived whole';
    const message = `The id ${id} belongs to an import ${use}. Choose a new id for each file.`;
    throw new LoadstoneError('IMPORT_ID_TAKEN', message);
  }

  /** Looks at the import now and then until it is as wanted. */
  async #waitFor(
    id: string,
    isAsWanted: (record: ImportRecord) => boolean | Promise<boolean>,
  ): Promise<ImportRecord> {
    for (;;) {
      const record = await this.#get(id);
      if (await isAsWanted(record)) return record;
      await pause(LOOK_EVERY);
    }
  }

  async #get(id: string): Promise<ImportRecord> {
    const record = await this.#store.get(id);
    if (!record) throw new LoadstoneError('NOT_FOUND', `There is no import with the id ${id}.`);
    return record;
  }

  async #removeOrphans(): Promise<void> {
    // In this order: an upload that begins meanwhile has its record before its file.
    const spooled = await this.#spool.list();
    const unfinished = new Set((await this.#store.unfinished()).map(({ id }) => id));
    for (const id of spooled) if (!unfinished.has(id)) await this.#spool.remove(id);
  }
}

function received({ bytes, sha256 }: SpooledUpload): ImportChanges {
  return { bytesReceived: bytes, bytesTotal: bytes, sha256, status: 'LOADING' };
}

function shuttingDown(): LoadstoneError {
  return new LoadstoneError('SHUTTING_DOWN', 'The server is shutting down. Send the file again in a moment.');
}

function failure(code: ErrorCode, message: string): ImportChanges {
  return { status: 'FAILED', errorCode: code, errorMessage: message };
}
