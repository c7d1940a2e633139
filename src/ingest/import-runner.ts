// Works on one import until it has ended: waits its turn, waits for a database that is away, tries again, and writes how
// it came out.

import type { Logger } from 'pino';
import { ERROR_CODES } from '../codes/error-codes.ts';
import { type ImportChanges, type ImportRecord, OwnershipLostError } from '../db/imports/import-store.ts';
import { dropStaging } from '../db/imports/staging.ts';
import type { ProcessPresence } from '../db/postgres/locks/process-presence.ts';
import { isTransient } from '../db/postgres/sqlstate.ts';
import { Patience } from './backoff.ts';
import { failureOf, type ImportFailure, whatIsIn } from './import-failure.ts';
import { Progress } from './progress/progress.ts';
import type { ProgressFeed } from './progress/progress-feed.ts';
import { type ImportWork, mergedRows, runImport } from './run-import.ts';
import { WorkSlot, type WorkSlots } from './work-slots.ts';

export interface RunnerSettings {
  /** How long an import waits for a database that is away or in trouble, until a partition more is merged. */
  databaseWaitSeconds: number;
  /** How long the file of an import is kept whose failure may pass. */
  retryHours: number;
}

export interface RunnerParts {
  work: ImportWork;
  settings: RunnerSettings;
  presence: ProcessPresence;
  slots: WorkSlots;
  feed: ProgressFeed;
  log: Logger;
}

/** How an import ends. */
export type Outcome = { status: 'COMPLETED' | 'CANCELLED' } | ({ status: 'FAILED' } & ImportFailure);

/** Why the work on an import stops; without an outcome it is left for another process to go on with. */
class Stop extends Error {
  readonly outcome: Outcome | undefined;

  constructor(outcome: Outcome | undefined) {
    super('the work on the import is stopped');
    this.outcome = outcome;
  }
}

export class ImportRunner {
  readonly #parts: RunnerParts;
  readonly #id: string;
  readonly #progress: Progress;
  readonly #stop = new AbortController();
  readonly #drain = new AbortController();
  /** Resolves when nothing more is done for the import here, and tells whether it has ended. Never rejects. */
  readonly done: Promise<boolean>;

  /** Begins to work on an import, which this process owns. */
  constructor(parts: RunnerParts, record: ImportRecord) {
    this.#parts = parts;
    this.#id = record.id;
    this.#progress = new Progress(parts.work.importStore, record, parts.presence.id, {
      onCancelRequested: () => this.cancel(),
      onLost: () => this.#stop.abort(new Stop(undefined)),
    });
    if (!record.startedAt) this.#progress.report({ startedAt: new Date() });
    this.done = this.#run(record);
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

  /** Stops after the partitions at work, or after this time, whichever comes first, and leaves the rest to others. */
  handBack(graceMs: number): void {
    this.#drain.abort(new Stop(undefined));
    const late = setTimeout(() => this.#stop.abort(new Stop(undefined)), graceMs);
    this.done.then(() => clearTimeout(late));
  }

  async #run(record: ImportRecord): Promise<boolean> {
    const { log, feed } = this.#parts;
    try {
      const outcome = await this.#outcome(record);
      await this.#progress.close();
      if (outcome) await this.#persistEnd(outcome);
      return outcome !== undefined;
    } catch (error) {
      // The caretaker finds it without anyone at work on it, and has it taken up again.
      log.error({ import: this.#id, err: error }, 'the end of an import could not be written');
      return false;
    } finally {
      feed.forget(this.#id);
    }
  }

  async #outcome(record: ImportRecord): Promise<Outcome | undefined> {
    const { slots, work, presence, log } = this.#parts;
    const stop = this.#stop.signal;
    const drain = this.#drain.signal;
    try {
      using slot = new WorkSlot(slots, (waits) =>
        this.#progress.report({ waitingFor: waits ? 'IMPORT_LIMIT' : null }),
      );
      let state = record;
      const patience = new Patience(this.#parts.settings.databaseWaitSeconds * 1000);
      for (;;) {
        this.#progress.report({ waitingFor: null });
        const signal = AbortSignal.any([stop, presence.unresponsive]);
        try {
          await runImport(work, state, this.#progress, { signal, drain, slot });
          await this.#progress.flush();
          return { status: 'COMPLETED' };
        } catch (error) {
          if (stop.aborted || !isTransient(error)) throw error;
          // It may have come but once: whoever takes the import up tries again, as this process would.
          drain.throwIfAborted();
          log.warn({ import: this.#id, err: error }, 'an import waits for the database');
          patience.noteProgress(this.#progress.current.mergedShare);
          const returned = await this.#waitForDatabase(patience);
          if (!returned) throw error;
          state = returned;
        }
      }
    } catch (error) {
      // What was merged until now is part of the ledger, however the import ends.
      await this.#progress.flush().catch(() => {});
      if (stop.aborted) return (stop.reason as Stop).outcome;
      if (error instanceof Stop || error instanceof OwnershipLostError) return undefined;
      return { status: 'FAILED', ...failureOf(error, this.#id, log) };
    }
  }

  /** @returns the import as it is when the database is back; undefined when that takes too long */
  async #waitForDatabase(patience: Patience): Promise<ImportRecord | undefined> {
    const signal = AbortSignal.any([this.#stop.signal, this.#drain.signal]);
    this.#showWaiting();
    while (!patience.isOver) {
      await patience.pause(signal);
      const state = await patience.spend(() =>
        this.#parts.work.importStore.get(this.#id).catch(() => undefined),
      );
      if (state) return state;
    }
    return undefined;
  }

  #showWaiting(): void {
    this.#progress.report({ waitingFor: 'DATABASE' });
    this.#parts.feed.show(this.#progress.current);
  }

  /** However long the database stays away: an import whose end is not written is one that seems to run. */
  async #persistEnd(outcome: Outcome): Promise<void> {
    const patience = new Patience(Number.POSITIVE_INFINITY);
    for (;;) {
      try {
        return await this.#writeEnd(outcome);
      } catch (error) {
        if (error instanceof OwnershipLostError) return;
        if (!isTransient(error) || this.#drain.signal.aborted) throw error;
        this.#showWaiting();
        await patience.pause(this.#drain.signal).catch(() => {});
      }
    }
  }

  /** Leaves nothing of the import behind but its record, its issues and what it merged; and its file for a retry. */
  async #writeEnd(outcome: Outcome): Promise<void> {
    const { work, presence, settings } = this.#parts;
    const { database, importStore, spool } = work;
    const failed = outcome.status === 'FAILED';
    // Makes sure that it is ours to end.
    await importStore.report(this.#id, presence.id, {});
    const { sha256, sourceId } = this.#progress.current;
    // What a data source has is fetched again by itself: an older content is not to come after that.
    const keep =
      failed && ERROR_CODES[outcome.code].isRetryable === true && sha256 !== null && sourceId === null;
    // Where the disk is full, what is staged may be what fills it: a retry stages it once more.
    if (!keep || outcome.code === 'DATABASE_FULL') await dropStaging(database.sql, this.#id);
    // Counted once more: the answer to a commit may have been lost, or have come when the work was over.
    const rows = mergedRows(await importStore.partitions(this.#id));
    this.#progress.report(rows);
    await this.#progress.flush();
    if (!keep) await spool.remove(this.#id);
    const changes: ImportChanges = { status: outcome.status };
    if (failed) {
      const products = rows.rowsInserted + rows.rowsUpdated + rows.rowsUnchanged;
      changes.errorCode = outcome.code;
      changes.errorMessage = outcome.message + whatIsIn(outcome.code, products, keep);
    }
    if (outcome.status === 'COMPLETED') changes.mergedShare = 1;
    await importStore.end(this.#id, presence.id, changes, keep ? settings.retryHours : 0);
  }
}
