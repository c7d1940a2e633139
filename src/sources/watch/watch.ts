// Watches all data sources, for as long as this process is the one that does: checks each when it is due, has what
// changed imported, and draws the conclusions when the import has ended.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { MergeTurn } from '../../db/merge/merge-turn.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { isConnectionFailure } from '../../db/postgres/sqlstate.ts';
import type { SourceOrder } from '../../db/sources/data-source-store.ts';
import type {
  CheckState,
  EndedImport,
  SourceWatchStore,
  WatchedRecord,
} from '../../db/sources/source-watch-store.ts';
import { LoadstoneError } from '../../errors.ts';
import type { ImportService } from '../../ingest/import-service.ts';
import { Semaphore } from '../../ingest/semaphore.ts';
import { retryAfter } from '../fetch/source-error.ts';
import type { SourceFetcher } from '../fetch/source-fetcher.ts';
import type { Fetched, Validators } from '../fetch/types.ts';
import { CheckQueue } from './check-queue.ts';
import { conclude, type Refusal, type ToldError } from './conclusion.ts';
import { ImportsUnderWay } from './imports-under-way.ts';
import { pauseAfter } from './pauses.ts';
import { readingOf } from './reading.ts';
import { StateWriter } from './state-writer.ts';
import { WatchedSource } from './watched-source.ts';

export interface WatchParts {
  database: Database;
  store: SourceWatchStore;
  imports: ImportService;
  fetcher: SourceFetcher;
  /** Checks at once, of all sources. */
  checks: number;
  log: Logger;
}

type Changed = Extract<Fetched, { changed: true }>;

/** Files that are received at once; the checks of other sources go on meanwhile. */
const FETCHES = 4;
/** That wait for that with their connections open; any other that changed is asked again later. */
const FETCHES_WAITING = 8;
const FULL_PAUSE_MS = 5000;
const DATABASE_PAUSE_MS = 1000;

export class Watch {
  readonly #parts: WatchParts;
  readonly #signal: AbortSignal;
  readonly #sources = new Map<string, WatchedSource>();
  readonly #queue: CheckQueue;
  readonly #underWay: ImportsUnderWay;
  readonly #writer: StateWriter;
  readonly #fetches = new Semaphore(FETCHES);
  readonly #atWork = new Set<Promise<void>>();
  /** Reading a source's row and settling its import take turns, so that none works on what the other made old. */
  readonly #turns = new Map<string, Promise<void>>();
  /** Settled when all sources are in memory. */
  readonly #loaded = Promise.withResolvers<void>();
  /** Why imports that are under way could not begin. */
  readonly #refusals = new Map<string, Refusal>();

  /** @param signal ends the watch; its reason becomes the error of imports that are being received */
  constructor(parts: WatchParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#writer = new StateWriter((states) => parts.store.write(states));
    this.#queue = new CheckQueue({
      checks: parts.checks,
      find: (id) => this.#idle(id),
      check: (source, leave) => this.#work(this.#check(source, leave)),
    });
    this.#underWay = new ImportsUnderWay(
      parts.store,
      (ended) => this.#inTurn(ended.sourceId, () => this.#settle(ended)),
      (look) => this.#work(look),
    );
  }

  /** Watches until the signal comes and all that was under way has ended. */
  async run(): Promise<void> {
    const { store } = this.#parts;
    await store.clearActivities();
    const [records, removed] = await Promise.all([store.load(), store.removedWithRemains()]);
    for (const record of records) this.#adopt(new WatchedSource(record));
    for (const { id, importId } of removed) this.#dismiss(id, importId);
    this.#loaded.resolve();
    await untilAborted(this.#signal);
    this.#queue.close();
    this.#underWay.close();
    while (this.#atWork.size > 0) await Promise.all(this.#atWork);
    await this.#writer.close();
  }

  /** A client changed a source. */
  obey({ id, askedAt }: SourceOrder): void {
    this.#obey(id, () => askedAt);
  }

  /** Looks at all sources again: orders may have been missed. */
  reloadAll(): void {
    const reload = async () => {
      const records = await this.#parts.store.load();
      for (const id of new Set([...records.map(({ id }) => id), ...this.#sources.keys()])) {
        this.#obey(id, ({ nextCheckAt, updatedAt }) =>
          nextCheckAt !== null && nextCheckAt.getTime() <= Date.now() ? updatedAt.getTime() : undefined,
        );
      }
    };
    this.#work(reload());
  }

  /** @param askedAtOf when a check was asked for last, if it was */
  #obey(id: string, askedAtOf: (record: WatchedRecord) => number | undefined): void {
    const reload = async () => {
      await this.#loaded.promise;
      const [record] = await this.#parts.store.load(id);
      if (!record || record.removedAt !== null) return this.#dismiss(id, record?.importId ?? null);
      const source = this.#sources.get(id);
      if (source) this.#change(source, record, askedAtOf(record));
      else this.#adopt(new WatchedSource(record));
    };
    this.#work(this.#inTurn(id, reload));
  }

  #adopt(source: WatchedSource): void {
    const { id, record } = source;
    this.#sources.set(id, source);
    if (record.importId !== null) this.#underWay.add(record.importId, id);
    else if (record.nextCheckAt !== null) this.#queue.set(id, record.nextCheckAt.getTime());
    else if (!record.paused) this.#queue.set(id);
  }

  #change(source: WatchedSource, record: WatchedRecord, askedAt: number | undefined): void {
    if (record.revision !== source.record.revision) source.controller?.abort(changedMeanwhile());
    // Which import is under way is known best here.
    source.change({ ...record, importId: source.record.importId });
    if (askedAt !== undefined && askedAt > source.askedAt) {
      source.askedAt = askedAt;
      if (source.isBusy) source.again = true;
      else this.#queue.set(source.id);
    } else if (record.paused && askedAt === undefined) {
      this.#queue.delete(source.id);
    }
  }

  /** Ends all that is under way for a source that was removed, then gives up what it brought. */
  #dismiss(id: string, importId: string | null): void {
    this.#queue.delete(id);
    this.#writer.forget(id);
    this.#sources.get(id)?.controller?.abort(changedMeanwhile());
    this.#sources.delete(id);
    if (importId === null) {
      this.#work(this.#release(id));
      return;
    }
    this.#underWay.add(importId, id);
    this.#parts.imports.cancel(importId).catch(() => {});
  }

  async #release(id: string): Promise<void> {
    await using _turn = await MergeTurn.take(this.#parts.database, () => {}, this.#signal);
    await this.#parts.store.release(id);
  }

  /** @returns the source, if nothing is under way for it */
  #idle(id: string): WatchedSource | undefined {
    const source = this.#sources.get(id);
    return source?.isBusy ? undefined : source;
  }

  /** @param leave to be called when the source has answered: what follows is no check any more */
  async #check(source: WatchedSource, leave: () => void): Promise<void> {
    const { id, record } = source;
    const controller = new AbortController();
    const stop = () => controller.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', stop, { once: true });
    source.controller = controller;
    source.again = false;
    source.checkedAt = Date.now();
    this.#note(source, { activity: 'CHECKING' });
    try {
      const fetched = await this.#parts.fetcher.fetchIfChanged(source.target(), {
        signal: controller.signal,
        onFetching: () => this.#note(source, { activity: 'FETCHING' }),
      });
      leave();
      if (fetched.changed) await this.#import(source, record.revision, fetched, controller.signal);
      else this.#settleUnchanged(source, record.revision, fetched.validators);
    } catch (error) {
      if (isConnectionFailure(error)) this.#queue.set(id, Date.now() + DATABASE_PAUSE_MS);
      else if (!controller.signal.aborted) this.#settleFailed(source, record.revision, error);
    } finally {
      this.#signal.removeEventListener('abort', stop);
      source.controller = undefined;
      const isOutdated =
        source.again || controller.signal.aborted || source.record.revision !== record.revision;
      if (isOutdated && this.#idle(id) === source) this.#queue.set(id);
    }
  }

  #settleUnchanged(source: WatchedSource, revision: number, found: Validators | undefined): void {
    if (source.record.revision !== revision) return;
    const validators = found && { ...found };
    // They belong to what the source has now: that is in the catalogue, or was refused.
    const isRefused = source.record.refusedValidators !== null;
    if (validators && !isRefused) source.record = { ...source.record, validators };
    const error = isRefused ? STILL_REFUSED : { errorCode: null, errorMessage: null };
    this.#finish(source, { failures: 0, ...error, validators: isRefused ? null : (validators ?? null) });
  }

  #settleFailed(source: WatchedSource, revision: number, error: unknown): void {
    if (source.record.revision !== revision) return;
    const failures = source.state.failures + 1;
    const { errorCode, errorMessage } = this.#tell(source, error);
    if (failures === 1) {
      this.#parts.log.warn(
        { source: source.id, code: errorCode, reason: errorMessage },
        'a data source fails',
      );
    }
    this.#finish(source, { failures, errorCode, errorMessage }, retryAfter(error));
  }

  /** Notes how a check ended, and when the next is due. */
  #finish(source: WatchedSource, changes: Partial<CheckState>, atLeastMs = 0): void {
    const failures = changes.failures ?? 0;
    const now = Date.now();
    // From its beginning, so that the time it took does not make the interval longer.
    const pause = Math.max(pauseAfter(source.record.intervalSeconds, failures), atLeastMs);
    const next = Math.max(source.checkedAt + pause, now);
    const { paused } = source.record;
    if (!paused) this.#queue.set(source.id, next);
    this.#note(source, {
      ...changes,
      activity: null,
      lastCheckedAt: new Date(now),
      nextCheckAt: paused ? null : new Date(next),
    });
  }

  /** Has what the source sends imported. The source is claimed before the first byte of it is taken. */
  async #import(
    source: WatchedSource,
    revision: number,
    fetched: Changed,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, imports } = this.#parts;
    const { id } = source;
    const importId = randomUUID();
    try {
      if (this.#fetches.waiting >= FETCHES_WAITING) return await this.#postpone(source);
      using _place = await this.#fetches.acquire(() => {}, signal);
      this.#note(source, { activity: 'FETCHING', lastCheckedAt: new Date() });
      await this.#writer.flush();
      if (!(await store.beginFetch({ importId, sourceId: id, revision }))) return this.#lookAgain(source);
      source.record = { ...source.record, importId };
      try {
        const { fileName, sizeHint, stream, charset } = fetched;
        const { name, maxRejectedRows } = source.record;
        const { dialect, warnings } = readingOf(source.record, charset);
        const received = await imports.receive(
          { fileName, sizeHint, stream, source: { id, name }, warnings },
          { id: importId, ...dialect, ...(maxRejectedRows !== null && { maxRejectedRows }) },
        );
        if (received.sha256 !== null) await store.noteValidators(importId, { ...fetched.validators() });
        this.#note(source, { activity: 'IMPORTING' });
      } catch (error) {
        this.#refusals.set(importId, { error, told: this.#tell(source, error) });
      }
      this.#underWay.add(importId, id);
    } finally {
      fetched.stream.destroy();
    }
  }

  /** It may have been told that it was read: what it has is wanted all the same. */
  async #postpone(source: WatchedSource): Promise<void> {
    await this.#parts.store.wantContent(source.id);
    source.record = { ...source.record, mustFetch: true };
    const next = Date.now() + FULL_PAUSE_MS;
    this.#queue.set(source.id, next);
    this.#note(source, { activity: null, lastCheckedAt: new Date(), nextCheckAt: new Date(next) });
  }

  /** Someone else has claimed the source, or it was changed. */
  async #lookAgain(source: WatchedSource): Promise<void> {
    const [record] = await this.#parts.store.load(source.id);
    if (!record) return;
    source.change(record);
    if (record.importId !== null) this.#underWay.add(record.importId, source.id);
    source.again = true;
  }

  async #settle(ended: EndedImport): Promise<void> {
    const { importId, sourceId } = ended;
    const { store, log } = this.#parts;
    const source = this.#sources.get(sourceId);
    const settlement = conclude(ended, source, this.#refusals.get(importId));
    await this.#writer.flush();
    this.#writer.forget(sourceId);
    await store.settle(ended, settlement);
    log.info({ source: sourceId, import: importId, outcome: settlement.outcome }, 'content of a data source');
    const [record] = await store.load(sourceId);
    this.#refusals.delete(importId);
    if (!source || !record || record.removedAt !== null) {
      return this.#dismiss(sourceId, record?.importId ?? null);
    }
    // A client that asks for a check just now has its order still on the way: one check for it is enough.
    const nextCheckAt = source.again ? new Date() : record.paused ? null : settlement.nextCheckAt;
    this.#adopt(new WatchedSource({ ...record, nextCheckAt }, source.askedAt));
  }

  /** @returns what clients are told of an error */
  #tell(source: WatchedSource, error: unknown): ToldError {
    if (error instanceof LoadstoneError) return { errorCode: error.code, errorMessage: error.message };
    this.#parts.log.error({ source: source.id, err: error }, 'a check of a data source failed');
    const errorMessage = `The check failed on the server; its log has the details under source ${source.id}.`;
    return { errorCode: 'INTERNAL', errorMessage };
  }

  #note(source: WatchedSource, changes: Partial<CheckState>): void {
    Object.assign(source.state, changes);
    if (this.#sources.get(source.id) === source) this.#writer.note(source.state);
  }

  async #inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(id);
    const turn = (before ?? Promise.resolve()).catch(() => {}).then(work);
    this.#turns.set(id, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  /** Whatever fails here is the way to the database: with it the watch is lost, and begins again. */
  #work(work: Promise<void>): Promise<void> {
    const quiet = work.catch((error: unknown) => {
      if (!this.#signal.aborted)
        this.#parts.log.warn({ err: error }, 'watching the data sources failed in part');
    });
    this.#atWork.add(quiet);
    return quiet.finally(() => this.#atWork.delete(quiet));
  }
}

const STILL_REFUSED = {
  errorCode: 'DELETION_NOT_CONFIRMED',
  errorMessage: 'What the source has now would delete too many products at once: see deletionToConfirm.',
};

function changedMeanwhile(): LoadstoneError {
  return new LoadstoneError('UPLOAD_INTERRUPTED', 'The data source was changed or removed during the fetch.');
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
