// The live states of records that any server process may change. Subscribers get the newest state of each record, never a
// backlog: a slow one skips intermediate states.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../db/postgres/connection/database.ts';
import { isTransient } from '../../db/postgres/sqlstate.ts';
import { LiveStates, type StateOrder } from './live-states.ts';
import { SharedReads } from './shared-reads.ts';
import { ThrottledStates } from './throttled-states.ts';

export interface LiveSource<State> extends StateOrder<State> {
  /** Whoever writes states notifies this channel of them: `id:revision`, several separated by commas. */
  channel: string;
  getMany(ids: string[]): Promise<State[]>;
  /** The states that a subscription to one record, or to all, starts with. */
  current(id: string | undefined): Promise<State[]>;
  /** Of records that are not there: why those that never will be are not. Default: all may still come. */
  whyGone?(ids: string[]): Promise<Map<string, Error>>;
  /** Whether a state differs from the one before only in how far its record has come. Default: it never does. */
  isProgress?(from: State, to: State): boolean;
}

/**
 * From a notification to the read, in milliseconds: what this process writes itself is published by then, and several
 * changes share one read.
 */
const READ_AFTER = 10;
/** After a failed read, in milliseconds. */
const RETRY_AFTER = 500;
/** Records whose published revision is remembered. A record beyond that costs a read, no more. */
const MAX_REMEMBERED = 10_000;

export class LiveFeed<State extends { id: string }> {
  readonly #database: Database;
  readonly #source: LiveSource<State>;
  readonly #subscribers = new Set<LiveStates<State>>();
  /** Subscribers that arrive together share a read of the states to begin with. */
  readonly #currents: SharedReads<string | undefined, State[]>;
  readonly #throttled: ThrottledStates<State>;
  /** The newest revision of each record that subscribers have been given. */
  readonly #published = new Map<string, number>();
  /** The revision of each record that is to be read. */
  readonly #changed = new Map<string, number>();
  readonly #closing = new AbortController();
  #isReading = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, source: LiveSource<State>) {
    this.#database = database;
    this.#source = source;
    this.#currents = new SharedReads((id) => source.current(id));
    this.#throttled = new ThrottledStates({
      give: (state) => this.#give(state),
      watchers: (id) => [...this.#subscribers].filter((subscriber) => subscriber.wants(id)).length,
      isProgress: (from, to) => source.isProgress?.(from, to) ?? false,
    });
  }

  async start(): Promise<void> {
    const onNotification = (payload: string) => this.#noteChanges(payload);
    // Called again after a lost connection, when notifications may have been missed.
    const onListen = () => void this.#refresh();
    const listening = await this.#database.listen(this.#source.channel, onNotification, onListen);
    this.#unlisten = listening.unlisten;
  }

  /** Ends every subscription. Disconnect clients before, or they take this for the end of the data. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#throttled.close();
    for (const subscriber of this.#subscribers) subscriber.end();
    await this.#unlisten?.().catch(() => {});
  }

  /**
   * The current state of one record, or of all, then each change. A subscription to one record ends after its final
   * state, and may begin before the record exists. All subscribers get the same object for a state.
   */
  subscribe(id: string | undefined, signal?: AbortSignal): LiveStates<State> {
    const end = () => states.end();
    const states: LiveStates<State> = new LiveStates(id, this.#source, {
      readCurrent: () => this.#current(id, () => states.hasEnded),
      onEnd: () => {
        this.#subscribers.delete(states);
        signal?.removeEventListener('abort', end);
      },
    });
    this.#subscribers.add(states);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) states.end();
    return states;
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.size > 0;
  }

  /** Gives a committed state to subscribers, unless they have had it or a newer one. */
  publish(state: State): void {
    const revision = this.#source.revisionOf(state);
    if (this.#isPublished(state.id, revision)) return;
    // Deleted first, so that the oldest entry is the first.
    this.#published.delete(state.id);
    this.#published.set(state.id, revision);
    const [oldest] = this.#published.keys();
    if (this.#published.size > MAX_REMEMBERED && oldest !== undefined) this.#published.delete(oldest);
    this.publishUncommitted(state);
  }

  /** Gives a state to subscribers that the database does not have (yet). */
  publishUncommitted(state: State): void {
    this.#throttled.offer(state);
  }

  #give(state: State): void {
    if (this.#source.isFinal(state)) this.#throttled.forget(state.id);
    for (const subscriber of this.#subscribers) subscriber.offer(state);
  }

  #isPublished(id: string, revision: number): boolean {
    return (this.#published.get(id) ?? -1) >= revision;
  }

  /** Retries while the database is unavailable: to subscribers of a server that restarts, an error would be the end. */
  async #current(id: string | undefined, isOver: () => boolean): Promise<State[]> {
    while (!isOver()) {
      try {
        return await this.#currents.get(id);
      } catch (error) {
        if (!isTransient(error)) throw error;
        await pause(RETRY_AFTER);
      }
    }
    return [];
  }

  async #refresh(): Promise<void> {
    if (this.#subscribers.size === 0) return;
    const current = await this.#current(undefined, () => this.#closing.signal.aborted).catch(() => []);
    const known = [...this.#subscribers].flatMap((subscriber) => subscriber.known());
    for (const id of [...current.map(({ id }) => id), ...known])
      this.#noteChange(id, Number.POSITIVE_INFINITY);
  }

  #noteChanges(payload: string): void {
    for (const entry of payload.split(',')) {
      const [id = '', revision] = entry.split(':');
      this.#noteChange(id, Number(revision));
    }
  }

  #noteChange(id: string, revision: number): void {
    if (this.#isPublished(id, revision)) return;
    if (!this.#isWanted(id)) return;
    this.#changed.set(id, Math.max(revision, this.#changed.get(id) ?? 0));
    void this.#readChanged();
  }

  #isWanted(id: string): boolean {
    for (const subscriber of this.#subscribers) if (subscriber.wants(id)) return true;
    return false;
  }

  /** Subscribers to a record that is gone would wait for ever. */
  async #endGone(missing: string[]): Promise<void> {
    if (missing.length === 0) return;
    for (const [id, reason] of (await this.#source.whyGone?.(missing)) ?? []) {
      this.#throttled.forget(id);
      for (const subscriber of this.#subscribers) subscriber.lose(id, reason);
    }
  }

  /** One read at a time, of all records that have changed since the last. */
  async #readChanged(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const { signal } = this.#closing;
    while (this.#changed.size > 0 && this.#subscribers.size > 0 && !signal.aborted) {
      await pause(READ_AFTER, undefined, { signal }).catch(() => {});
      const changed = [...this.#changed].filter(([id, revision]) => !this.#isPublished(id, revision));
      this.#changed.clear();
      if (changed.length === 0) continue;
      try {
        const ids = changed.map(([id]) => id);
        const states = await this.#source.getMany(ids);
        for (const state of states) this.publish(state);
        const found = new Set(states.map(({ id }) => id));
        await this.#endGone(ids.filter((id) => !found.has(id)));
      } catch {
        // One of these notifications may be the last about its record.
        for (const [id, revision] of changed) this.#noteChange(id, revision);
        await pause(RETRY_AFTER, undefined, { signal }).catch(() => {});
      }
    }
    this.#isReading = false;
  }
}
