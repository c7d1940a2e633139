// Works on one import until it has ended: waits for a slot, retries while the database is unavailable, and writes the
// outcome.

import type { Logger } from 'pino';
import { ERROR_CODES } from '../../codes/error-codes.ts';
import { type ImportChanges, type ImportRecord, OwnershipLostError } from '../../db/imports/import-record.ts';
import { dropStaging } from '../../db/imports/staging.ts';
import type { ProcessPresence } from '../../db/postgres/locks/process-presence.ts';
import { isTransient } from '../../db/postgres/sqlstate.ts';
import type { CountedRows } from '../../db/tables.ts';
import { inScope } from '../../telemetry/scope.ts';
import { Progress } from '../progress/progress.ts';
import type { ProgressFeed } from '../progress/progress-feed.ts';
import { withIssuesNotKept } from '../read/warnings.ts';
import { runImport } from '../run-import.ts';
import type { Semaphore } from '../semaphore.ts';
import { ImportSlot } from '../stages/import-slot.ts';
import type { ImportWork } from '../stages/import-work.ts';
import { keptSuperseded } from '../stages/issue-limits.ts';
import { deletedByUndo, mergedRows } from '../stages/merge-rows.ts';
import { Backoff } from './backoff.ts';
import { failureOf, type ImportFailure, partialImportNote, undoNote } from './import-failure.ts';

export interface RunnerSettings {
  /** How long an import waits for a failing database without merging another partition. */
  databaseWaitSeconds: number;
  /** How long the file of a failed import is kept if a retry may succeed. */
  retryHours: number;
}

export interface RunnerParts {
  work: ImportWork;
  settings: RunnerSettings;
  presence: ProcessPresence;
  slots: Semaphore;
  feed: ProgressFeed;
  log: Logger;
}

/** How an import ends; `CANCELLED` with a reason if no client asked for it. */
export type Outcome =
  | { status: 'COMPLETED' }
  | { status: 'CANCELLED'; reason?: ImportFailure }
  | ({ status: 'FAILED' } & ImportFailure);

/** Stops the work on an import. Without an outcome, the import is released for another process to take over. */
class Stop extends Error {
  readonly outcome: Outcome | undefined;

  constructor(outcome: Outcome | undefined) {
    super('the work on the import was stopped');
    this.outcome = outcome;
  }
}

export class ImportRunner {
  readonly #parts: RunnerParts;
  readonly #id: string;
  readonly #progress: Progress;
  readonly #stop = new AbortController();
  readonly #drain = new AbortController();
  /** Resolves when this process has stopped working on the import: whether the import has ended. Never rejects. */
  readonly done: Promise<boolean>;

  /**
   * Starts to work on an import that this process owns.
   *
   * @param outcome if it is only to be ended
   */
  constructor(parts: RunnerParts, record: ImportRecord, outcome?: Outcome) {
    this.#parts = parts;
    this.#id = record.id;
    this.#progress = new Progress(parts.work.importStore, record, parts.presence.id, {
      onCancelRequested: () => this.cancel(),
      onLost: () => this.#stop.abort(new Stop(undefined)),
    });
    if (!record.startedAt) this.#progress.report({ startedAt: new Date() });
    if (outcome) this.end(outcome);
    this.done = inScope({ import: this.#id }, () => this.#trace(record));
  }

  get progress(): Progress {
    return this.#progress;
  }

  cancel(): void {
    this.end({ status: 'CANCELLED' });
  }

  end(outcome: Outcome): void {
    this.#stop.abort(new Stop(outcome));
  }

  /** Stops after the partitions that are being merged, or after the grace period, and releases the import. */
  drain(graceMs: number): void {
    this.#drain.abort(new Stop(undefined));
    const late = setTimeout(() => this.#stop.abort(new Stop(undefined)), graceMs);
    this.done.then(() => clearTimeout(late));
  }

  #trace(record: ImportRecord): Promise<boolean> {
    const { work, presence } = this.#parts;
    const attributes = { 'loadstone.import.id': this.#id, 'loadstone.server': presence.id };
    const start = { parent: record.traceParent, attributes };
    return work.telemetry.tracing.run('import', start, async (span) => {
      const hasEnded = await this.#run(record);
      span?.setAttribute('loadstone.import.status', this.#progress.current.status);
      return hasEnded;
    });
  }

  async #run(record: ImportRecord): Promise<boolean> {
    const { log, feed } = this.#parts;
    try {
      const outcome = await this.#outcome(record);
      await this.#progress.close();
      if (outcome) await this.#persistEnd(outcome);
      return outcome !== undefined;
    } catch (error) {
      // The recovery of imports finds it and takes it over again.
      log.error({ import: this.#id, err: error }, 'the outcome of an import could not be written');
      return false;
    } finally {
      feed.clearUncommitted(this.#id);
    }
  }

  async #outcome(record: ImportRecord): Promise<Outcome | undefined> {
    const { slots, work, presence, log } = this.#parts;
    const stop = this.#stop.signal;
    const drain = this.#drain.signal;
    try {
      stop.throwIfAborted();
      using slot = new ImportSlot(slots, (isWaiting) =>
        this.#progress.report({ waitingFor: isWaiting ? 'IMPORT_LIMIT' : null }),
      );
      let state = record;
      const backoff = new Backoff(this.#parts.settings.databaseWaitSeconds * 1000);
      for (;;) {
        this.#progress.report({ waitingFor: null });
        const signal = AbortSignal.any([stop, presence.unresponsive]);
        try {
          const reached = await runImport(work, state, this.#progress, { signal, drain, slot });
          if (reached === 'READY') return undefined;
          await this.#progress.flush();
          return { status: reached };
        } catch (error) {
          if (stop.aborted || !isTransient(error)) throw error;
          // During a shutdown, the process that takes the import over retries instead.
          drain.throwIfAborted();
          log.warn({ import: this.#id, err: error }, 'an import is waiting for the database');
          backoff.noteProgress(this.#progress.current.mergedShare);
          const current = await this.#waitForDatabase(backoff);
          if (!current) throw error;
          state = current;
        }
      }
    } catch (error) {
      // Whatever the outcome, the ledger includes what has been merged.
      await this.#progress.flush().catch(() => {});
      if (stop.aborted) return (stop.reason as Stop).outcome;
      if (error instanceof Stop || error instanceof OwnershipLostError) return undefined;
      return { status: 'FAILED', ...failureOf(error, this.#id, log) };
    }
  }

  /** @returns the current state once the database is available again; undefined if that takes too long */
  async #waitForDatabase(backoff: Backoff): Promise<ImportRecord | undefined> {
    const signal = AbortSignal.any([this.#stop.signal, this.#drain.signal]);
    this.#showWaiting();
    while (!backoff.isExhausted) {
      await backoff.pause(signal);
      const state = await backoff.spend(() =>
        this.#parts.work.importStore.get(this.#id).catch(() => undefined),
      );
      if (state) return state;
    }
    return undefined;
  }

  #showWaiting(): void {
    this.#progress.report({ waitingFor: 'DATABASE' });
    this.#parts.feed.showUncommitted(this.#progress.current);
  }

  /** Retries without a limit: an import whose outcome is not written appears to be running. */
  async #persistEnd(outcome: Outcome): Promise<void> {
    const backoff = new Backoff(Number.POSITIVE_INFINITY);
    for (;;) {
      try {
        return await this.#writeEnd(outcome);
      } catch (error) {
        if (error instanceof OwnershipLostError) return;
        if (!isTransient(error) || this.#drain.signal.aborted) throw error;
        this.#showWaiting();
        await backoff.pause(this.#drain.signal).catch(() => {});
      }
    }
  }

  #countEnd(outcome: Outcome, seconds: number, rows: CountedRows, before: CountedRows | null): void {
    const { status } = outcome;
    const { importsEnded, importSeconds, importRows } = this.#parts.work.telemetry.metrics.of;
    importsEnded.inc({ status });
    importSeconds.observe({ status }, Math.max(0, seconds));
    for (const [kind, count] of Object.entries(rows)) {
      const added = count - (before?.[kind as keyof CountedRows] ?? 0);
      if (added > 0) importRows.inc({ outcome: kind }, added);
    }
    const code = outcome.status === 'FAILED' ? outcome.code : undefined;
    this.#parts.log.info({ import: this.#id, status, code, seconds, rows }, 'an import has ended');
  }

  /** Removes staging, and the file unless it is kept for a retry, then writes the outcome. */
  async #writeEnd(outcome: Outcome): Promise<void> {
    const { work, presence, settings } = this.#parts;
    const { database, importStore, spool } = work;
    const failed = outcome.status === 'FAILED';
    // Fails if this process no longer owns the import.
    await importStore.report(this.#id, presence.id, {});
    const { sha256, sourceId, undoes } = this.#progress.current;
    // A data source is fetched again anyway, and older content must not be imported after newer.
    const keep =
      failed && ERROR_CODES[outcome.code].isRetryable === true && sha256 !== null && sourceId === null;
    // Read again, as the response to a commit may have been lost or have come too late.
    const partitions = await importStore.partitions(this.#id);
    // A retry stages the rows again, unless they are merged in part. If the database's disk is full, staging may be what fills it.
    if (!keep || partitions.length === 0 || outcome.code === 'DATABASE_FULL') {
      await dropStaging(database.sql, this.#id);
    }
    const rows = mergedRows(partitions);
    const isUndo = undoes !== null;
    this.#progress.report(isUndo ? { ...rows, rowsDeleted: deletedByUndo(partitions) } : rows);
    const kept = keptSuperseded(partitions);
    if (kept < rows.rowsSuperseded) {
      const { warnings } = this.#progress.current;
      this.#progress.report({ warnings: withIssuesNotKept(warnings, rows.rowsSuperseded, kept) });
    }
    await this.#progress.flush();
    if (!keep) await spool.remove(this.#id);
    const { countedRows: before, startedAt } = this.#progress.current;
    const countedRows = rowsOf(this.#progress.current);
    const changes: ImportChanges = { status: outcome.status, countedRows };
    if (failed) {
      const products = rows.rowsInserted + rows.rowsUpdated + rows.rowsUnchanged;
      changes.errorCode = outcome.code;
      const note = isUndo ? undoNote(outcome.code) : partialImportNote(outcome.code, products, keep);
      changes.errorMessage = outcome.message + note;
    }
    if (outcome.status === 'CANCELLED' && outcome.reason) {
      changes.errorCode = outcome.reason.code;
      changes.errorMessage = outcome.reason.message;
    }
    if (outcome.status === 'COMPLETED') changes.mergedShare = 1;
    await importStore.end(this.#id, presence.id, changes, keep ? settings.retryHours : 0);
    this.#progress.report({ status: outcome.status });
    const seconds = startedAt ? (Date.now() - startedAt.getTime()) / 1000 : 0;
    this.#countEnd(outcome, seconds, countedRows, before);
  }
}

function rowsOf(record: ImportRecord): CountedRows {
  return {
    inserted: record.rowsInserted,
    updated: record.rowsUpdated,
    unchanged: record.rowsUnchanged,
    superseded: record.rowsSuperseded,
    rejected: record.rowsRejected,
    deleted: record.rowsDeleted,
  };
}
