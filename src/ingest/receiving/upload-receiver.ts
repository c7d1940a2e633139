// Receives files: records their imports, writes them to the spool, and recognises a file that is sent again.

import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { requireNotDeleted } from '../../db/imports/delete-imports.ts';
import {
  hasEnded,
  type ImportChanges,
  type ImportRecord,
  isInterruptedUpload,
  type NewImport,
} from '../../db/imports/import-record.ts';
import type { ImportStore, Transaction } from '../../db/imports/import-store.ts';
import { type NewCorrection, writeCorrection } from '../../db/imports/row-correction-store.ts';
import { toStorable } from '../../db/postgres/sql/storable-text.ts';
import type { DuplicateRule, ImportWarning } from '../../db/tables.ts';
import { LoadstoneError } from '../../errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { currentTraceParent } from '../../telemetry/tracing.ts';
import type { ProgressFeed } from '../progress/progress-feed.ts';
import type { Dialect } from '../read/dialect.ts';
import type { ColumnOptions } from '../read/header/match-columns.ts';
import { failureOf } from '../running/import-failure.ts';
import type { ImportRunner, Outcome } from '../running/import-runner.ts';
import type { RunningImports } from '../running/running-imports.ts';
import type { Spool } from '../spool/spool.ts';
import type { WrittenUpload } from '../spool/write-upload.ts';
import { beginStage } from '../stages/stage-timer.ts';

/** A file that arrives, as an upload or from a data source. */
export interface IncomingFile {
  fileName: string;
  /** Bytes of the whole request, an upper bound of the file's size; undefined if it is sent in chunks. */
  sizeHint: number | undefined;
  /** Fails if the client disconnects or the file is cut off. Its chunks are freed once they are in the spool. */
  stream: Readable;
  /** The name of who sends it; null for a data source, or if that is unknown. */
  sender?: string | null;
  /** The data source that it comes from; undefined for an upload. */
  source?: { id: string; name: string };
  /** What it corrects; undefined unless it is the file of a correction. */
  correction?: NewCorrection;
  /** Warnings about it from before it is read. */
  warnings?: ImportWarning[];
}

/** What the client chose, already validated. */
export interface ImportOptions extends Dialect, ColumnOptions {
  id?: string;
  maxRejectedRows?: number;
  /** Default: LAST_WINS. */
  onDuplicate?: DuplicateRule;
  /** The name of the profile that some of these options come from. */
  profile?: string;
  /** Whether it stops at READY. */
  preview?: boolean;
}

export interface ReceiverSettings {
  maxUploadBytes: number;
  maxRejectedRows: number;
}

interface ReceiverParts {
  settings: ReceiverSettings;
  /** The process that owns what it receives. */
  owner: string;
  importStore: ImportStore;
  spool: Spool;
  running: RunningImports;
  feed: ProgressFeed;
  log: Logger;
  telemetry: Telemetry;
}

const FILE_NAME_LENGTH = 255;

export class UploadReceiver {
  readonly #parts: ReceiverParts;
  /** By import id: settles when all files that were sent with it so far have been received. */
  readonly #receiving = new Map<string, Promise<void>>();

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  isReceiving(id: string): boolean {
    return this.#receiving.has(id);
  }

  /** Resolves when no file is being received. */
  async idle(): Promise<void> {
    await Promise.all(this.#receiving.values());
  }

  /**
   * Receives a file; see `ImportService.receive`, and `ImportService.correctRows`.
   *
   * @throws LoadstoneError UPLOAD_INTERRUPTED, FILE_TOO_LARGE, SPOOL_FULL, SPOOL_UNAVAILABLE, IMPORT_ID_TAKEN,
   *   SHUTTING_DOWN; of a correction also BEING_UNDONE, ALREADY_UNDONE, ALREADY_CORRECTED
   */
  async receive(file: IncomingFile, options: ImportOptions): Promise<ImportRecord> {
    const { settings, owner, telemetry } = this.#parts;
    const { fileName, sizeHint, source, correction, warnings } = file;
    const { id = randomUUID(), maxRejectedRows = settings.maxRejectedRows, mapping, ...reading } = options;
    const record: NewImport = {
      ...reading,
      givenMapping: mapping && [...mapping],
      id,
      fileName: toStorable(fileName, FILE_NAME_LENGTH),
      status: 'RECEIVING',
      maxRejectedRows,
      bytesTotal: sizeHint,
      createdBy: file.sender,
      warnings,
      sourceId: source?.id,
      sourceName: source?.name,
      corrects: correction?.corrects,
      owner,
    };
    const attributes = { 'loadstone.import.id': id, 'loadstone.file.name': record.fileName };
    return telemetry.tracing.run('receive', { attributes }, () =>
      // Before the record exists, so that nobody finds it without a process that works on it.
      this.#inTurn(id, () => this.#receive({ ...record, traceParent: currentTraceParent() }, file)),
    );
  }

  /** Files with one id are received one after the other: the outcome of the first decides about the next. */
  async #inTurn<Result>(id: string, receive: () => Promise<Result>): Promise<Result> {
    const receiving = (this.#receiving.get(id) ?? Promise.resolve()).then(receive);
    const settled = receiving.then(
      () => {},
      () => {},
    );
    this.#receiving.set(id, settled);
    try {
      return await receiving;
    } finally {
      if (this.#receiving.get(id) === settled) this.#receiving.delete(id);
    }
  }

  async #receive(record: NewImport, file: IncomingFile): Promise<ImportRecord> {
    const { importStore, feed, running } = this.#parts;
    const { correction } = file;
    const write = async (tx: Transaction) => {
      await requireNotDeleted(tx, record.id);
      if (correction) await writeCorrection(tx, record.id, correction);
    };
    for (;;) {
      if (running.draining.aborted) throw shuttingDown();
      // The client may have disconnected while it waited.
      if (file.stream.errored) throw file.stream.errored;
      const created = (await importStore.create(record, write)) ?? (await this.#restart(record, write));
      if (created) return this.#write(created, file.stream);
      const hasArrived = (state: ImportRecord) => state.sha256 !== null || hasEnded(state);
      const first = await feed.waitFor(record.id, hasArrived, running.draining);
      if (first && !isInterruptedUpload(first)) return this.#repeated(first, file);
    }
  }

  async #restart(
    record: NewImport,
    alsoWrite: (tx: Transaction) => Promise<void>,
  ): Promise<ImportRecord | undefined> {
    const restarted = await this.#parts.importStore.restart(record, alsoWrite);
    // A process that was killed may have left its file.
    if (restarted) await this.#parts.spool.remove(record.id);
    return restarted;
  }

  async #write(record: ImportRecord, stream: Readable): Promise<ImportRecord> {
    const { settings, spool, running, importStore, telemetry } = this.#parts;
    const { uploads, uploadBytes } = telemetry.metrics.of;
    const origin = record.sourceId === null ? 'upload' : 'source';
    const { id } = record;
    const runner = running.start(record);
    const { progress } = runner;
    const receiving = new AbortController();
    uploads.inc();
    // The rest of the file is of no use once the import has ended; it is if the import is only released.
    runner.done.then((ended) => {
      if (ended) receiving.abort();
    });
    try {
      const onReceived = beginStage(telemetry.metrics, 'receiving');
      let counted = 0;
      const upload = await spool.write(id, stream, {
        maxBytes: settings.maxUploadBytes,
        sizeHint: record.bytesTotal ?? undefined,
        freesChunks: true,
        onBytes: (bytesReceived) => {
          progress.report({ bytesReceived });
          uploadBytes.inc({ origin }, bytesReceived - counted);
          counted = bytesReceived;
        },
        signal: receiving.signal,
      });
      onReceived();
      progress.report(received(upload));
      // If the database is unavailable, the import goes on all the same; the state is written later.
      await progress.flush().catch(() => {});
    } catch (error) {
      if (!receiving.signal.aborted) {
        await this.#fail(runner, record, error);
        throw error;
      }
    } finally {
      uploads.dec();
    }
    return (await importStore.get(id).catch(() => undefined)) ?? progress.current;
  }

  async #fail(runner: ImportRunner, record: ImportRecord, error: unknown): Promise<void> {
    const outcome: Outcome = { status: 'FAILED', ...failureOf(error, record.id, this.#parts.log) };
    runner.end(outcome);
    if (await runner.done) return;
    // The import had been released before: it takes another runner to end it.
    await this.#parts.running.start(record, outcome).done;
  }

  /** The first import with the id is the answer, unless it has another file. */
  async #repeated(first: ImportRecord, file: IncomingFile): Promise<ImportRecord> {
    // A file that was cancelled before it had arrived cannot be compared.
    const isOther = first.undoes !== null || first.corrects !== (file.correction?.corrects ?? null);
    if (!isOther && (first.sha256 === null || (await isSameFile(first, file)))) return first;
    const message = `The id ${first.id} belongs to an import of another file. Choose a new id for each file.`;
    throw new LoadstoneError('IMPORT_ID_TAKEN', message);
  }
}

/** What is known of an import once its file is in the spool. */
export function received({ bytes, sha256 }: WrittenUpload): ImportChanges {
  return { bytesReceived: bytes, bytesTotal: bytes, sha256, status: 'LOADING' };
}

export function shuttingDown(): LoadstoneError {
  return new LoadstoneError('SHUTTING_DOWN', 'The server is shutting down. Send the file again in a moment.');
}

/** Stops reading as soon as the sizes differ. */
async function isSameFile({ bytesReceived, sha256 }: ImportRecord, file: IncomingFile): Promise<boolean> {
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
