// Runs the checks of sources: waits for a slot, calls the source, and has new content imported. Reports the result of each
// step to the state machine, which makes all decisions.

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { isTransient } from '../../db/postgres/sqlstate.ts';
import type { ImportProfileStore } from '../../db/sources/import-profile-store.ts';
import type { SourceWatchStore, WatchedRow } from '../../db/sources/source-watch-store.ts';
import { LoadstoneError } from '../../errors.ts';
import type { ImportService } from '../../ingest/import-service.ts';
import { profileNotFound, withProfile } from '../../ingest/receiving/import-profile.ts';
import type { ImportOptions } from '../../ingest/receiving/upload-receiver.ts';
import { Semaphore } from '../../ingest/semaphore.ts';
import { inScope, type Scope } from '../../telemetry/scope.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { inSpan } from '../../telemetry/tracing.ts';
import { retryAfter } from '../fetch/source-error.ts';
import type { SourceFetcher } from '../fetch/source-fetcher.ts';
import type { ChangedContent, FetchTarget } from '../fetch/types.ts';
import { CheckSlots } from './check-slots.ts';
import { encodingOfContent, optionsOfSource } from './content-options.ts';
import type { Effect, Problem, SourceEvent } from './machine/source-state.ts';

export interface CheckRunnerParts {
  store: SourceWatchStore;
  imports: ImportService;
  profiles: ImportProfileStore;
  fetcher: SourceFetcher;
  /** Maximum number of concurrent checks, across all sources. */
  checks: number;
  log: Logger;
  telemetry: Telemetry;
  dispatch: (id: string, event: SourceEvent) => void;
  /** Writes pending findings first, so that a claim never precedes what led to it. */
  flush: () => Promise<void>;
  /** Retries until it succeeds. */
  retry: <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;
}

interface Check {
  controller: AbortController;
  slot: Disposable | undefined;
  /** Its place among those that receive a file. */
  fetch: Disposable | undefined;
  isImporting: boolean;
}

/** Maximum number of files received at once. Checks of other sources continue meanwhile. */
const FETCHES = 4;
/** Maximum number of checks that wait to receive a file, with open connections. Others are postponed. */
const FETCHES_WAITING = 8;
const NO_SCOPE: Scope = { request: undefined, import: undefined, span: undefined };
/** Error codes for which this server is at fault, not the source. */
const OURS = ['SHUTTING_DOWN', 'UPLOAD_INTERRUPTED'];

export class CheckRunner {
  readonly #parts: CheckRunnerParts;
  readonly #slots: CheckSlots;
  readonly #fetches = new Semaphore(FETCHES);
  readonly #checks = new Map<string, Check>();

  constructor(parts: CheckRunnerParts) {
    this.#parts = parts;
    this.#slots = new CheckSlots(parts.checks);
  }

  /** Waits for a slot. */
  async queue(id: string, host: string): Promise<void> {
    const check: Check = {
      controller: new AbortController(),
      slot: undefined,
      fetch: undefined,
      isImporting: false,
    };
    const { signal } = check.controller;
    this.#checks.set(id, check);
    const slot = await this.#slots.take(host, signal).catch(() => undefined);
    if (signal.aborted || !slot) return slot?.[Symbol.dispose]();
    check.slot = slot;
    this.#parts.dispatch(id, { type: 'slotGranted' });
  }

  async start(id: string, target: FetchTarget, revision: number): Promise<void> {
    const check = this.#checks.get(id);
    if (!check) return;
    const { tracing } = this.#parts.telemetry;
    const attributes = { 'loadstone.source.id': id, 'server.address': URL.parse(target.url)?.hostname ?? '' };
    try {
      // Each check is a trace of its own, whatever led to it.
      await inScope(NO_SCOPE, () =>
        tracing.run('check source', { attributes }, () => this.#check(id, check, target, revision)),
      );
    } catch (error) {
      this.#fail(id, check, error);
    }
  }

  /** Claims the source before the first byte of its content is read, then receives the content. */
  async import(id: string, { content, importId, row }: Extract<Effect, { type: 'import' }>): Promise<void> {
    const check = this.#checks.get(id);
    if (!check) return void content.stream.destroy();
    check.isImporting = true;
    try {
      await inSpan('fetch', { 'loadstone.import.id': importId }, () =>
        this.#import(id, check, content, importId, row),
      );
    } catch (error) {
      this.#fail(id, check, error);
    } finally {
      content.stream.destroy();
    }
  }

  abort(id: string): void {
    const check = this.#checks.get(id);
    if (!check) return;
    check.controller.abort(sourceChanged());
    // A check that still waits for a slot reports nothing.
    if (!check.slot) this.#checks.delete(id);
  }

  abortAll(reason: unknown): void {
    for (const { controller } of this.#checks.values()) controller.abort(reason);
  }

  /** An import of what is fetched belongs to the trace, as it begins here. */
  async #check(id: string, check: Check, target: FetchTarget, revision: number): Promise<void> {
    const { fetcher, store, dispatch } = this.#parts;
    const fetched = await fetcher.fetchIfChanged(target, {
      signal: check.controller.signal,
      onContent: () => dispatch(id, { type: 'contentArriving' }),
      beforeRead: async () => {
        await store.requireContent(id, revision);
        dispatch(id, { type: 'contentRequired' });
      },
      beforeKeep: () => this.#takeFetch(check),
    });
    check.slot?.[Symbol.dispose]();
    this.#count(fetched.changed ? 'changed' : 'unchanged');
    if (fetched.changed) {
      dispatch(id, { type: 'changed', content: fetched, importId: randomUUID() });
      if (!check.isImporting) this.#end(id, check);
    } else {
      this.#end(id, check);
      dispatch(id, { type: 'unchanged', validators: fetched.validators });
    }
  }

  async #import(
    id: string,
    check: Check,
    content: ChangedContent,
    importId: string,
    row: WatchedRow,
  ): Promise<void> {
    const { store, dispatch, flush } = this.#parts;
    const { signal } = check.controller;
    await this.#takeFetch(check);
    dispatch(id, { type: 'fetchStarted' });
    await flush();
    signal.throwIfAborted();
    const claimed = await store.beginFetch({ importId, sourceId: id, revision: row.revision });
    if (!claimed) {
      this.#end(id, check);
      return dispatch(id, { type: 'claimRefused' });
    }
    dispatch(id, { type: 'claimGranted', row: { ...row, ...claimed } });
    const problem = await this.#receive(content, importId, row);
    this.#end(id, check);
    dispatch(id, problem ? { type: 'notReceived', problem } : { type: 'received' });
  }

  /**
   * Waits for a place among those that receive a file, unless it has one.
   *
   * @throws NoPlaceError if too many wait
   */
  async #takeFetch(check: Check): Promise<void> {
    if (check.fetch) return;
    if (this.#fetches.waiting >= FETCHES_WAITING) throw new NoPlaceError();
    check.fetch = await this.#fetches.acquire(() => {}, check.controller.signal);
  }

  /** @returns why the content could not be received; undefined if it was */
  async #receive(content: ChangedContent, importId: string, row: WatchedRow): Promise<Problem | undefined> {
    const { imports, store, retry } = this.#parts;
    const { fileName, sizeHint, stream, charset } = content;
    const { id, name } = row;
    try {
      const { encoding, ...options } = await this.#optionsOf(row);
      const given = encodingOfContent(encoding, charset);
      const received = await imports.receive(
        { fileName, sizeHint, stream, source: { id, name }, warnings: given.warnings },
        { ...options, id: importId, encoding: given.encoding },
      );
      if (received.sha256 === null) return undefined;
    } catch (error) {
      return this.#problemOf(id, error);
    }
    await retry('noting the validators of a content', () =>
      store.noteValidators(importId, { ...content.validators() }),
    );
    return undefined;
  }

  /** @throws LoadstoneError PROFILE_NOT_FOUND */
  async #optionsOf(row: WatchedRow): Promise<ImportOptions> {
    const options = optionsOfSource(row);
    if (row.profile === null) return options;
    const profile = await this.#parts.profiles.named(row.profile);
    if (!profile) throw profileNotFound(row.profile);
    return withProfile(options, profile);
  }

  #fail(id: string, check: Check, error: unknown): void {
    const { aborted } = check.controller.signal;
    this.#end(id, check);
    const { dispatch } = this.#parts;
    const lacking = lackingFor(error);
    if (aborted) {
      this.#count('aborted');
      dispatch(id, { type: 'checkAborted' });
    } else if (lacking) {
      this.#count('postponed');
      dispatch(id, { type: 'fetchPostponed', lacking, isNew: check.isImporting });
    } else {
      this.#count('failed');
      dispatch(id, { type: 'checkFailed', problem: this.#problemOf(id, error) });
    }
  }

  #count(outcome: 'changed' | 'unchanged' | 'failed' | 'aborted' | 'postponed'): void {
    this.#parts.telemetry.metrics.of.sourceChecks.inc({ outcome });
  }

  #end(id: string, check: Check): void {
    check.slot?.[Symbol.dispose]();
    check.fetch?.[Symbol.dispose]();
    check.fetch = undefined;
    if (this.#checks.get(id) === check) this.#checks.delete(id);
  }

  #problemOf(id: string, error: unknown): Problem {
    const retryAfterMs = retryAfter(error);
    if (error instanceof LoadstoneError) {
      const { code: errorCode, message: errorMessage } = error;
      return { errorCode, errorMessage, retryAfterMs, isOurs: OURS.includes(errorCode) };
    }
    this.#parts.log.error({ source: id, err: error }, 'a check of a data source failed on this server');
    const errorMessage = `The check failed on the server; its log has the details under source ${id}.`;
    return { errorCode: 'INTERNAL', errorMessage, retryAfterMs, isOurs: isTransient(error) };
  }
}

/** Too many checks wait to receive a file. */
class NoPlaceError extends Error {}

/** @returns what a check lacks that is to be repeated; undefined if it failed */
function lackingFor(error: unknown): 'PLACE' | 'ROOM' | undefined {
  if (error instanceof NoPlaceError) return 'PLACE';
  return error instanceof LoadstoneError && error.code === 'SPOOL_FULL' ? 'ROOM' : undefined;
}

function sourceChanged(): LoadstoneError {
  return new LoadstoneError('UPLOAD_INTERRUPTED', 'The data source was changed or removed during the fetch.');
}
