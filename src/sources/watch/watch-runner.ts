// Watches all data sources while this process is the leader: passes events to the state machine of each source and carries
// out the effects. Database operations are retried until they succeed.

import type { Logger } from 'pino';
import { hasEnded } from '../../db/imports/import-record.ts';
import { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import type { ImportProfileStore } from '../../db/sources/import-profile-store.ts';
import type { SourceWatchStore } from '../../db/sources/source-watch-store.ts';
import { LoadstoneError } from '../../errors.ts';
import type { ImportService } from '../../ingest/import-service.ts';
import type { ProgressFeed } from '../../ingest/progress/progress-feed.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { SourceFetcher } from '../fetch/source-fetcher.ts';
import { CheckRunner } from './check-runner.ts';
import { transition, unreadSource } from './machine/source-machine.ts';
import type { Effect, SourceEvent, SourceState } from './machine/source-state.ts';
import { untilItSucceeds } from './retry.ts';
import { Scheduler } from './scheduler.ts';
import { StateWriter } from './state-writer.ts';

export interface WatchRunnerParts {
  database: Database;
  store: SourceWatchStore;
  imports: ImportService;
  profiles: ImportProfileStore;
  progress: ProgressFeed;
  fetcher: SourceFetcher;
  /** Maximum number of concurrent checks, across all sources. */
  checks: number;
  log: Logger;
  telemetry: Telemetry;
}

export class WatchRunner {
  readonly #parts: WatchRunnerParts;
  readonly #signal: AbortSignal;
  readonly #states = new Map<string, SourceState>();
  readonly #scheduler: Scheduler;
  readonly #checks: CheckRunner;
  readonly #writer: StateWriter;
  readonly #atWork = new Set<Promise<void>>();
  /** Sources whose row is being read. True: read it once more afterwards. */
  readonly #reading = new Map<string, boolean>();

  /** @param signal ends the watch; its reason becomes the error of imports that are being received */
  constructor(parts: WatchRunnerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    const dispatch = (id: string, event: SourceEvent) => this.#dispatch(id, event);
    this.#writer = new StateWriter(async (states) => {
      for (const id of await parts.store.write(states)) dispatch(id, { type: 'writeRefused' });
    });
    this.#scheduler = new Scheduler((id) => dispatch(id, { type: 'due' }));
    this.#checks = new CheckRunner({
      ...parts,
      dispatch,
      flush: () => this.#writer.flush(),
      retry: (what, work) => this.#retry(what, work),
    });
  }

  /** Watches until the signal aborts and all running work has ended. */
  async run(): Promise<void> {
    for (const row of await this.#parts.store.load()) this.#dispatch(row.id, { type: 'rowRead', row });
    await untilAborted(this.#signal);
    this.#scheduler.close();
    this.#checks.abortAll(this.#signal.reason);
    while (this.#atWork.size > 0) await Promise.all(this.#atWork);
    await this.#writer.close();
  }

  /** Call it when a client has changed a source. */
  sourceChanged(id: string): void {
    this.#dispatch(id, { type: 'rowChanged' });
  }

  /** Reads all sources again: changes may have been missed. */
  reloadAll(): void {
    const reload = async () => {
      const rows = await this.#retry('reading the data sources', () => this.#parts.store.load());
      for (const row of rows) this.#dispatch(row.id, { type: 'rowRead', row });
    };
    this.#work(reload());
  }

  #dispatch(id: string, event: SourceEvent): void {
    if (this.#signal.aborted) return;
    const before = this.#states.get(id) ?? unreadSource(id);
    const [state, ...effects] = transition(before, event, { now: Date.now(), random: Math.random() });
    // In these phases there is nothing to remember.
    if (state.phase.name === 'GONE' || state.phase.name === 'UNREAD') this.#states.delete(id);
    else this.#states.set(id, state);
    if (before.findings.failures === 0 && state.findings.failures > 0) {
      const { errorCode: code, errorMessage: reason } = state.findings;
      this.#parts.log.warn({ source: id, code, reason }, 'a data source fails');
    }
    for (const effect of effects) this.#carryOut(state, effect);
  }

  #carryOut(state: SourceState, effect: Effect): void {
    const { id } = state;
    switch (effect.type) {
      case 'readRow':
        this.#readRow(id);
        break;
      case 'schedule':
        this.#scheduler.set(id, effect.at);
        break;
      case 'unschedule':
        this.#scheduler.delete(id);
        break;
      case 'queueCheck':
        this.#work(this.#checks.queue(id, effect.host));
        break;
      case 'startCheck':
        this.#work(this.#checks.start(id, effect.target, effect.revision));
        break;
      case 'abortCheck':
        this.#checks.abort(id);
        break;
      case 'import':
        this.#work(this.#checks.import(id, effect));
        break;
      case 'discard':
        effect.content.stream.destroy();
        break;
      case 'writeState':
        this.#writer.add(effect.state);
        break;
      case 'awaitImport':
        this.#work(this.#awaitImport(id, effect.importId));
        break;
      case 'cancelImport':
        this.#work(this.#cancel(effect.importId));
        break;
      case 'conclude':
        this.#work(this.#conclude(state, effect));
        break;
      case 'releaseClaims':
        this.#work(this.#release(id));
        break;
    }
  }

  /** One read at a time. Requests that arrive during a read share the next one. */
  #readRow(id: string): void {
    if (this.#reading.has(id)) return void this.#reading.set(id, true);
    const read = async () => {
      do {
        this.#reading.set(id, false);
        const [row] = await this.#retry('reading a data source', () => this.#parts.store.load(id));
        this.#dispatch(id, { type: 'rowRead', row });
      } while (this.#reading.get(id));
      this.#reading.delete(id);
    };
    this.#work(read());
  }

  async #awaitImport(id: string, importId: string): Promise<void> {
    const { store, progress } = this.#parts;
    for (;;) {
      const ended = await this.#retry('reading an import of a data source', () => store.endOf(importId));
      if (ended) return this.#dispatch(id, { type: 'importEnded', ended });
      await this.#retry('following an import of a data source', () =>
        progress.waitFor(importId, hasEnded, this.#signal),
      );
    }
  }

  async #cancel(importId: string): Promise<void> {
    await this.#retry('cancelling the import of a removed data source', async () => {
      try {
        await this.#parts.imports.cancel(importId);
      } catch (error) {
        // The check has ended, or never started.
        if (!(error instanceof LoadstoneError)) throw error;
      }
    });
  }

  async #conclude({ id, row }: SourceState, effect: Extract<Effect, { type: 'conclude' }>): Promise<void> {
    const { importId, clientRevision, conclusion } = effect;
    const { store, log } = this.#parts;
    // Earlier findings must not be written after it.
    await this.#writer.flush();
    this.#writer.discard(id);
    const concluded = await this.#retry('concluding an import of a data source', () =>
      store.conclude({ importId, sourceId: id, clientRevision }, conclusion),
    );
    if (!row || !concluded) return this.#dispatch(id, { type: 'concludeRefused' });
    log.info({ source: id, import: importId, outcome: conclusion.outcome }, 'content of a data source');
    this.#dispatch(id, { type: 'concluded', row: { ...row, ...concluded } });
  }

  async #release(id: string): Promise<void> {
    await this.#retry('releasing the claims of a removed data source', async () => {
      await using _turn = await MergeTurn.take(this.#parts.database, () => {}, this.#signal);
      await this.#parts.store.release(id);
    });
    this.#dispatch(id, { type: 'claimsReleased' });
  }

  #retry<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    return untilItSucceeds(what, work, { signal: this.#signal, log: this.#parts.log });
  }

  /** Awaited at the end of the watch. Failures are retried until then. */
  #work(work: Promise<void>): void {
    const quiet = work.catch((error: unknown) => {
      if (!this.#signal.aborted)
        this.#parts.log.error({ err: error }, 'watching the data sources failed in part');
    });
    this.#atWork.add(quiet);
    quiet.finally(() => this.#atWork.delete(quiet));
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
