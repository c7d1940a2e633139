// The live states of records that any server process may change. Subscribers get the newest state of each record, never a
// backlog: a slow one skips intermediate states.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../db/postgres/connection/database.ts';
import { isTransient } from '../../db/postgres/sqlstate.ts';

export interface LiveSource<State> {
  /** Whoever writes states notifies this channel of them: `id:revision`, several separated by commas. */
  channel: string;
  getMany(ids: string[]): Promise<State[]>;
  /** The states that a subscription to one record, or to all, starts with. */
  current(id: string | undefined): Promise<State[]>;
  /** Grows with each change of a state. */
  revisionOf(state: State): number;
  /** Whether no other state follows. */
  isFinal(state: State): boolean;
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
  readonly #subscribers = new Set<Subscriber<State>>();
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
  }

  async start(): Promise<void> {
    const onNotification = (payload: string) => this.#noteChanges(payload);
    // Called again after a lost connection, when notifications may have been missed.
    const onListen = () => void this.#refresh();
    const listening = await this.#database.sql.listen(this.#source.channel, onNotification, onListen);
    this.#unlisten = listening.unlisten;
  }

  /** Ends every subscription. Disconnect clients before, or they take this for the end of the data. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const subscriber of this.#subscribers) subscriber.end();
    await this.#unlisten?.().catch(() => {});
  }

  /**
   * The current state of one record, or of all, then each change. A subscription to one record ends after its final
   * state, and may begin before the record exists.
   */
  subscribe(id: string | undefined, signal?: AbortSignal): AsyncIterableIterator<State> {
    const subscriber = new Subscriber(id, this.#source);
    this.#subscribers.add(subscriber);
    const states = this.#states(subscriber, id, signal);
    return {
      next: () => states.next(),
      // A generator that awaits its next state does not return before that state comes: end the wait first.
      return: () => {
        subscriber.end();
        this.#subscribers.delete(subscriber);
        return states.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
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
    for (const subscriber of this.#subscribers) subscriber.offer(state);
  }

  #isPublished(id: string, revision: number): boolean {
    return (this.#published.get(id) ?? -1) >= revision;
  }

  async *#states(
    subscriber: Subscriber<State>,
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<State, undefined> {
    const { isFinal } = this.#source;
    const end = () => subscriber.end();
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) subscriber.end();
    try {
      const current = await this.#current(id, () => subscriber.hasEnded);
      for (const state of current) subscriber.offer(state);
      for (let state = await subscriber.next(); state; state = await subscriber.next()) {
        yield state;
        if (id !== undefined && isFinal(state)) return;
      }
    } finally {
      this.#subscribers.delete(subscriber);
      signal?.removeEventListener('abort', end);
    }
  }

  /** Retries while the database is unavailable: to subscribers of a server that restarts, an error would be the end. */
  async #current(id: string | undefined, isOver: () => boolean): Promise<State[]> {
    while (!isOver()) {
      try {
        return await this.#source.current(id);
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
    if (![...this.#subscribers].some((subscriber) => subscriber.wants(id))) return;
    this.#changed.set(id, Math.max(revision, this.#changed.get(id) ?? 0));
    void this.#readChanged();
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
        for (const state of await this.#source.getMany(changed.map(([id]) => id))) this.publish(state);
      } catch {
        // One of these notifications may be the last about its record.
        for (const [id, revision] of changed) this.#noteChange(id, revision);
        await pause(RETRY_AFTER, undefined, { signal }).catch(() => {});
      }
    }
    this.#isReading = false;
  }
}

/** Holds at most one state of each record until it is asked for. */
class Subscriber<State extends { id: string }> {
  readonly #id: string | undefined;
  readonly #source: LiveSource<State>;
  readonly #pending = new Map<string, State>();
  readonly #unfinished = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #hasEnded = false;

  /** @param id undefined for all records */
  constructor(id: string | undefined, source: LiveSource<State>) {
    this.#id = id;
    this.#source = source;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  wants(id: string): boolean {
    return this.#id === undefined || this.#id === id;
  }

  /** The ids of records that it has seen, and that may still change. */
  known(): string[] {
    return this.#id === undefined ? [...this.#unfinished] : [this.#id];
  }

  offer(state: State): void {
    if (!this.wants(state.id)) return;
    const { revisionOf, isFinal } = this.#source;
    const pending = this.#pending.get(state.id);
    // Two reads may overtake each other.
    if (pending && revisionOf(pending) > revisionOf(state)) return;
    this.#pending.set(state.id, state);
    if (isFinal(state)) this.#unfinished.delete(state.id);
    else this.#unfinished.add(state.id);
    this.#wake.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake.resolve();
  }

  async next(): Promise<State | undefined> {
    while (!this.#hasEnded) {
      for (const [id, state] of this.#pending) {
        this.#pending.delete(id);
        return state;
      }
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
    return undefined;
  }
}
