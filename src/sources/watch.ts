// Watches all data sources, for as long as this process is the one that does: checks each when it is due, has what
// changed imported, and draws the conclusions when the import has ended.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { isDatabaseAway } from '../db/connections.ts';
import { CHECK_NOW } from '../db/data-source-store.ts';
import { MergeTurn } from '../db/merge-turn.ts';
import type {
  CheckState,
  EndedImport,
  Settlement,
  SourceWatchStore,
  WatchedRecord,
} from '../db/source-watch-store.ts';
import { LoadstoneError } from '../errors.ts';
import type { ImportService } from '../ingest/import-service.ts';
import { WorkSlots } from '../ingest/work-slots.ts';
import type { SourceFetcher } from './fetch/source-fetcher.ts';
import type { Fetched, Validators } from './fetch/types.ts';
import { pauseAfter } from './pauses.ts';
import { Schedule } from './schedule.ts';
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

/** Of one host, so that a slow one with many sources does not hold up all others. */
const CHECKS_PER_HOST = 8;
/** Files that are received at once; the checks of other sources go on meanwhile. */
const FETCHES = 4;
/** That wait for that with their connections open; any other that changed is asked again later. */
const FETCHES_WAITING = 8;
const FULL_PAUSE_MS = 5000;
const LOOK_FOR_ENDED_MS = 250;
const DATABASE_PAUSE_MS = 1000;
/** Sources that are due at about the same time share a timer. */
const TICK_MS = 25;
/** No timer runs longer: a clock that was set, or a machine that slept, is noticed. */
const LONGEST_TIMER_MS = 30_000;

export class Watch {
  readonly #parts: WatchParts;
  readonly #signal: AbortSignal;
  readonly #sources = new Map<string, WatchedSource>();
  readonly #schedule = new Schedule();
  readonly #writer: StateWriter;
  readonly #fetches = new WorkSlots(FETCHES);
  readonly #atWork = new Set<Promise<void>>();
  readonly #checksOf = new Map<string, number>();
  /** Sources that are due, and whose host has as many checks as it may have. */
  readonly #parked = new Map<string, Set<string>>();
  /** Reading a source's row and settling its import take turns, so that none works on what the other made old. */
  readonly #turns = new Map<string, Promise<void>>();
  #checks = 0;
  /** Imports that are under way, with their sources; and why one of them could not begin. */
  readonly #importing = new Map<string, string>();
  readonly #refusals = new Map<string, unknown>();
  #timer: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;

  /** @param signal ends the watch; its reason becomes the error of imports that are being received */
  constructor(parts: WatchParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#writer = new StateWriter((states) => parts.store.write(states));
  }

  /** Watches until the signal comes and all that was under way has ended. */
  async run(): Promise<void> {
    const { store } = this.#parts;
    await store.clearActivities();
    for (const record of await store.load()) this.#adopt(new WatchedSource(record));
    for (const { id, importId } of await store.removedWithRemains()) this.#dismiss(id, importId);
    this.#arm();
    await untilAborted(this.#signal);
    clearTimeout(this.#timer);
    while (this.#atWork.size > 0) await Promise.all(this.#atWork);
    clearTimeout(this.#looking);
    await this.#writer.close();
  }

  /** A client changed a source; `order` is what the database told of that. */
  obey(order: string): void {
    const isNow = order.endsWith(CHECK_NOW);
    const id = isNow ? order.slice(0, -CHECK_NOW.length) : order;
    this.#work(this.#inTurn(id, () => this.#reload(id, isNow)));
  }

  /** Looks at all sources again: orders may have been missed. */
  reloadAll(): void {
    const reload = async () => {
      const records = await this.#parts.store.load();
      for (const id of new Set([...records.map(({ id }) => id), ...this.#sources.keys()])) this.obey(id);
    };
    this.#work(reload());
  }

  #adopt(source: WatchedSource): void {
    const { id, record } = source;
    this.#sources.set(id, source);
    if (record.importId !== null) this.#await(record.importId, id);
    else if (record.nextCheckAt !== null) this.#schedule.set(id, record.nextCheckAt.getTime());
    else if (!record.paused) this.#schedule.set(id, Date.now());
  }

  async #reload(id: string, isNow: boolean): Promise<void> {
    const [record] = await this.#parts.store.load(id);
    if (!record || record.removedAt !== null) return this.#dismiss(id, record?.importId ?? null);
    this.#apply(record);
    const isDue = record.nextCheckAt !== null && record.nextCheckAt.getTime() <= Date.now();
    if (isNow || isDue) this.#checkSoon(id);
    else if (record.paused) this.#schedule.delete(id);
    this.#arm();
  }

  #apply(record: WatchedRecord): void {
    const source = this.#sources.get(record.id);
    if (!source) {
      this.#adopt(new WatchedSource(record));
      return;
    }
    if (record.revision !== source.record.revision) source.controller?.abort(changedMeanwhile());
    // Which import is under way is known best here.
    source.change({ ...record, importId: source.record.importId });
  }

  #checkSoon(id: string): void {
    const source = this.#sources.get(id);
    if (source?.isBusy) source.again = true;
    else this.#schedule.set(id, Date.now());
  }

  /** Ends all that is under way for a source that was removed, then gives up what it brought. */
  #dismiss(id: string, importId: string | null): void {
    this.#schedule.delete(id);
    this.#writer.forget(id);
    this.#sources.get(id)?.controller?.abort(changedMeanwhile());
    this.#sources.delete(id);
    if (importId === null) {
      this.#work(this.#release(id));
      return;
    }
    this.#await(importId, id);
    this.#parts.imports.cancel(importId).catch(() => {});
  }

  async #release(id: string): Promise<void> {
    await using _turn = await MergeTurn.take(this.#parts.database, () => {}, this.#signal);
    await this.#parts.store.release(id);
  }

  /** Sets the timer for the source that is due next, if there is room for its check. */
  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#schedule.next();
    if (next === undefined || this.#signal.aborted || this.#checks >= this.#parts.checks) return;
    const wait = Math.min(Math.max(next - Date.now(), 0) + TICK_MS, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#checkDue(), wait);
  }

  #checkDue(): void {
    const now = Date.now();
    while (this.#checks < this.#parts.checks) {
      const id = this.#schedule.take(now);
      if (id === undefined) break;
      this.#begin(id);
    }
    this.#arm();
  }

  /** @returns whether a check has begun */
  #begin(id: string): boolean {
    const source = this.#sources.get(id);
    if (!source || source.isBusy || this.#signal.aborted) return false;
    const { host } = source;
    const ofHost = this.#checksOf.get(host) ?? 0;
    if (ofHost >= CHECKS_PER_HOST) {
      const parked = this.#parked.get(host) ?? new Set();
      this.#parked.set(host, parked.add(id));
      return false;
    }
    this.#checksOf.set(host, ofHost + 1);
    this.#checks++;
    let isCheck = true;
    const leave = () => {
      if (!isCheck) return;
      isCheck = false;
      this.#checks--;
      this.#leaveHost(host);
      this.#arm();
    };
    this.#work(this.#check(source, leave).finally(leave));
    return true;
  }

  #leaveHost(host: string): void {
    const left = (this.#checksOf.get(host) ?? 1) - 1;
    if (left > 0) this.#checksOf.set(host, left);
    else this.#checksOf.delete(host);
    const parked = this.#parked.get(host);
    for (const next of parked ?? []) {
      parked?.delete(next);
      if (parked?.size === 0) this.#parked.delete(host);
      if (this.#begin(next)) return;
    }
  }

  /** @param leave to be called when the source has answered: what follows is no check any more */
  async #check(source: WatchedSource, leave: () => void): Promise<void> {
    const { record } = source;
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
      if (isDatabaseAway(error)) this.#schedule.set(source.id, Date.now() + DATABASE_PAUSE_MS);
      else if (!controller.signal.aborted) this.#settleFailed(source, record.revision, error);
    } finally {
      this.#signal.removeEventListener('abort', stop);
      source.controller = undefined;
      if (!source.isBusy && this.#sources.get(source.id) === source) {
        const isOutdated =
          source.again || controller.signal.aborted || source.record.revision !== record.revision;
        if (isOutdated) this.#schedule.set(source.id, Date.now());
        this.#arm();
      }
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
    const { errorCode, errorMessage } = this.#describe(source, error);
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
    if (!paused) this.#schedule.set(source.id, next);
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
      using _place = await this.#fetches.take(() => {}, signal);
      this.#note(source, { activity: 'FETCHING', lastCheckedAt: new Date() });
      await this.#writer.flush();
      if (!(await store.beginFetch({ importId, sourceId: id, revision }))) return this.#lookAgain(source);
      source.record = { ...source.record, importId };
      try {
        const { fileName, sizeHint, stream } = fetched;
        const { name } = source.record;
        const received = await imports.receive(
          { fileName, sizeHint, stream, source: { id, name } },
          { id: importId },
        );
        if (received.sha256 !== null) await store.noteValidators(importId, { ...fetched.validators() });
        this.#note(source, { activity: 'IMPORTING' });
      } catch (error) {
        this.#refusals.set(importId, error);
      }
      this.#await(importId, id);
    } finally {
      fetched.stream.destroy();
    }
  }

  /** It may have been told that it was read: what it has is wanted all the same. */
  async #postpone(source: WatchedSource): Promise<void> {
    await this.#parts.store.wantContent(source.id);
    source.record = { ...source.record, mustFetch: true };
    const next = Date.now() + FULL_PAUSE_MS;
    this.#schedule.set(source.id, next);
    this.#note(source, { activity: null, lastCheckedAt: new Date(), nextCheckAt: new Date(next) });
  }

  /** Someone else has claimed the source, or it was changed. */
  async #lookAgain(source: WatchedSource): Promise<void> {
    const [record] = await this.#parts.store.load(source.id);
    if (!record) return;
    source.change(record);
    if (record.importId !== null) this.#await(record.importId, source.id);
    source.again = true;
  }

  #await(importId: string, sourceId: string): void {
    this.#importing.set(importId, sourceId);
    this.#looking ??= setTimeout(() => this.#lookForEnded(), LOOK_FOR_ENDED_MS);
  }

  #lookForEnded(): void {
    const look = async () => {
      const waiting = [...this.#importing].map(([importId, sourceId]) => ({ importId, sourceId }));
      for (const ended of await this.#parts.store.ended(waiting)) {
        await this.#inTurn(ended.sourceId, () => this.#settle(ended));
      }
    };
    const again = () => {
      this.#looking = undefined;
      if (this.#importing.size > 0 && !this.#signal.aborted) {
        this.#looking = setTimeout(() => this.#lookForEnded(), LOOK_FOR_ENDED_MS);
      }
    };
    this.#work(look().finally(again));
  }

  async #settle(ended: EndedImport): Promise<void> {
    const { importId, sourceId } = ended;
    const { store, log } = this.#parts;
    const source = this.#sources.get(sourceId);
    const settlement = this.#conclude(ended, source);
    await this.#writer.flush();
    this.#writer.forget(sourceId);
    await store.settle(ended, settlement);
    this.#importing.delete(importId);
    this.#refusals.delete(importId);
    log.info({ source: sourceId, import: importId, outcome: settlement.outcome }, 'content of a data source');
    const [record] = await store.load(sourceId);
    if (!source || !record || record.removedAt !== null)
      return this.#dismiss(sourceId, record?.importId ?? null);
    // A client that asks for a check just now has its order still on the way: one check for it is enough.
    const nextCheckAt = source.again ? new Date() : record.paused ? null : settlement.nextCheckAt;
    this.#adopt(new WatchedSource({ ...record, nextCheckAt }));
    this.#arm();
  }

  /** What follows from how an import ended. */
  #conclude(ended: EndedImport, source: WatchedSource | undefined): Settlement {
    const interval = source?.record.intervalSeconds ?? 0;
    const before = source?.state ?? { failures: 0, errorCode: null, errorMessage: null };
    const inTime = (failures: number) => new Date(Date.now() + pauseAfter(interval, failures));
    if (ended.status === 'COMPLETED') {
      return {
        outcome: 'IMPORTED',
        failures: 0,
        errorCode: null,
        errorMessage: null,
        nextCheckAt: inTime(0),
      };
    }
    const { errorCode, errorMessage } = ended;
    if (errorCode === 'DELETION_NOT_CONFIRMED') {
      return { outcome: 'REFUSED', failures: 0, errorCode, errorMessage, nextCheckAt: inTime(0) };
    }
    const refusal = this.#refusals.get(ended.importId);
    // A server that stopped, or a source that was changed meanwhile, is no fault of the source.
    const isStopping = refusal instanceof LoadstoneError && refusal.code === 'SHUTTING_DOWN';
    const isOurs = refusal === undefined ? ended.status === null : isStopping || isDatabaseAway(refusal);
    if (errorCode === 'UPLOAD_INTERRUPTED' || isOurs) {
      const { failures, errorCode, errorMessage } = before;
      return { outcome: 'FAILED', failures, errorCode, errorMessage, nextCheckAt: new Date() };
    }
    const failures = before.failures + 1;
    const cause =
      errorCode === null && source && refusal !== undefined ? this.#describe(source, refusal) : CANCELLED;
    const why = errorCode === null ? cause : { errorCode, errorMessage };
    const least = Date.now() + retryAfter(refusal);
    const nextCheckAt = new Date(Math.max(inTime(failures).getTime(), least));
    return { outcome: 'FAILED', failures, ...why, nextCheckAt };
  }

  #describe(source: WatchedSource, error: unknown): Pick<CheckState, 'errorCode' | 'errorMessage'> {
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
  #work(work: Promise<void>): void {
    const quiet = work.catch((error: unknown) => {
      if (!this.#signal.aborted)
        this.#parts.log.warn({ err: error }, 'watching the data sources failed in part');
    });
    this.#atWork.add(quiet);
    quiet.finally(() => this.#atWork.delete(quiet));
  }
}

const STILL_REFUSED = {
  errorCode: 'DELETION_NOT_CONFIRMED',
  errorMessage: 'What the source has now would delete too many products at once: see deletionToConfirm.',
};

const CANCELLED = {
  errorCode: 'IMPORT_CANCELLED',
  errorMessage:
    'Its import was cancelled. It is fetched again at the next check; pause or remove the source to stop that.',
};

function changedMeanwhile(): LoadstoneError {
  return new LoadstoneError('UPLOAD_INTERRUPTED', 'The data source was changed or removed during the fetch.');
}

function retryAfter(error: unknown): number {
  const { retryAfterMs } = (error ?? {}) as { retryAfterMs?: number };
  return retryAfterMs ?? 0;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
