// Live states of things that have an id, whichever server process changes them. Each watcher gets the newest state, never
// a backlog: a slow one skips what it missed.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../db/postgres/connection/database.ts';
import { isTransient } from '../../db/postgres/sqlstate.ts';

export interface LiveSource<State> {
  /** On which the database tells ids whose states changed, with commas between them. */
  channel: string;
  getMany(ids: string[]): Promise<State[]>;
  /** What a watch of one, or of all, begins with. */
  present(id: string | undefined): Promise<State[]>;
  /** Grows with each change of a state. */
  versionOf(state: State): number;
  /** Whether no other state follows. */
  isFinal(state: State): boolean;
}

/** After a read that failed, in milliseconds. */
const READ_AGAIN_AFTER = 500;

export class LiveFeed<State extends { id: string }> {
  readonly #database: Database;
  readonly #source: LiveSource<State>;
  readonly #watchers = new Set<Watcher<State>>();
  readonly #changed = new Set<string>();
  readonly #closing = new AbortController();
  #isLoading = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, source: LiveSource<State>) {
    this.#database = database;
    this.#source = source;
  }

  async start(): Promise<void> {
    const onNotice = (ids: string) => this.#note(ids.split(','));
    // Heard again after a lost connection, when any number of changes may have been missed.
    const onListen = () => void this.#refresh();
    const listening = await this.#database.sql.listen(this.#source.channel, onNotice, onListen);
    this.#unlisten = listening.unlisten;
  }

  /** Ends every watch; those of clients must have been cut before, or they would take it for the end. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const watcher of this.#watchers) watcher.end();
    await this.#unlisten?.().catch(() => {});
  }

  /**
   * The state of one, or of all: first as it is now, then each change. A watch of one ends after its final state; it may
   * start before there is any.
   */
  watch(id: string | undefined, signal?: AbortSignal): AsyncIterableIterator<State> {
    const watcher = new Watcher(id, this.#source);
    this.#watchers.add(watcher);
    const states = this.#states(watcher, id, signal);
    return {
      next: () => states.next(),
      // A generator that waits for its next state hears of its end only with that state: end the wait first.
      return: () => {
        watcher.end();
        this.#watchers.delete(watcher);
        return states.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Tells a state to those who watch it, as if it had been read. */
  offer(state: State): void {
    for (const watcher of this.#watchers) watcher.offer(state);
  }

  async *#states(
    watcher: Watcher<State>,
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<State, undefined> {
    const { isFinal } = this.#source;
    const end = () => watcher.end();
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) watcher.end();
    try {
      for (const state of await this.#present(id, watcher)) watcher.offer(state);
      for (let state = await watcher.next(); state; state = await watcher.next()) {
        yield state;
        if (id !== undefined && isFinal(state)) return;
      }
    } finally {
      this.#watchers.delete(watcher);
      signal?.removeEventListener('abort', end);
    }
  }

  /** Waits for a database that is away: to watchers an error would be the end, of a restart for example. */
  async #present(id: string | undefined, watcher: Watcher<State>): Promise<State[]> {
    while (!watcher.hasEnded) {
      try {
        return await this.#source.present(id);
      } catch (error) {
        if (!isTransient(error)) throw error;
        await pause(READ_AGAIN_AFTER);
      }
    }
    return [];
  }

  async #refresh(): Promise<void> {
    if (this.#watchers.size === 0) return;
    const present = await this.#source.present(undefined).catch(() => []);
    const known = [...this.#watchers].flatMap((watcher) => watcher.known());
    this.#note([...present.map(({ id }) => id), ...known]);
  }

  #note(ids: readonly string[]): void {
    for (const id of ids) if ([...this.#watchers].some((watcher) => watcher.wants(id))) this.#changed.add(id);
    void this.#load();
  }

  /** One read at a time, for all that changed since the last. */
  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const { signal } = this.#closing;
    while (this.#changed.size > 0 && this.#watchers.size > 0 && !signal.aborted) {
      const ids = [...this.#changed];
      this.#changed.clear();
      try {
        for (const state of await this.#source.getMany(ids)) this.offer(state);
      } catch {
        // One of them may be the last that is told of its thing.
        for (const id of ids) this.#changed.add(id);
        await pause(READ_AGAIN_AFTER, undefined, { signal }).catch(() => {});
      }
    }
    this.#isLoading = false;
  }
}

/** Holds at most one state of each thing until it is asked for. */
class Watcher<State extends { id: string }> {
  readonly #id: string | undefined;
  readonly #source: LiveSource<State>;
  readonly #waiting = new Map<string, State>();
  readonly #seen = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #hasEnded = false;

  /** @param id undefined for all */
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

  /** Of those that may still change. */
  known(): string[] {
    return this.#id === undefined ? [...this.#seen] : [this.#id];
  }

  offer(state: State): void {
    if (!this.wants(state.id)) return;
    const { versionOf, isFinal } = this.#source;
    const waiting = this.#waiting.get(state.id);
    // Two reads may overtake each other.
    if (waiting && versionOf(waiting) > versionOf(state)) return;
    this.#waiting.set(state.id, state);
    if (isFinal(state)) this.#seen.delete(state.id);
    else this.#seen.add(state.id);
    this.#wake.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake.resolve();
  }

  async next(): Promise<State | undefined> {
    while (!this.#hasEnded) {
      for (const [id, state] of this.#waiting) {
        this.#waiting.delete(id);
        return state;
      }
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
    return undefined;
  }
}
