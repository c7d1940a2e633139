// The live state of imports, whichever server process works on them. Each watcher gets the newest state, never a
// backlog: a slow one skips what it missed.

import type { Database } from '../db/client.ts';
import { hasEnded, IMPORT_CHANNEL, type ImportRecord, type ImportStore } from '../db/import-store.ts';

export class ProgressFeed {
  readonly #database: Database;
  readonly #store: ImportStore;
  readonly #watchers = new Set<Watcher>();
  readonly #changed = new Set<string>();
  /** Imports of this process that wait for the database, as they are: it cannot tell meanwhile. */
  readonly #shown = new Map<string, ImportRecord>();
  #loading = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, store: ImportStore) {
    this.#database = database;
    this.#store = store;
  }

  async start(): Promise<void> {
    // Heard again after a lost connection, when any number of changes may have been missed.
    const onListen = () => this.#refresh();
    const listening = await this.#database.sql.listen(IMPORT_CHANNEL, (id) => this.#note(id), onListen);
    this.#unlisten = listening.unlisten;
  }

  /** Ends every watch with a clean completion. */
  async close(): Promise<void> {
    for (const watcher of this.#watchers) watcher.end();
    await this.#unlisten?.().catch(() => {});
  }

  /** Tells the state of an import whose work here waits for the database. */
  show(record: ImportRecord): void {
    this.#shown.set(record.id, record);
    for (const watcher of this.#watchersOf(record.id)) watcher.offer(record);
  }

  /** From now on the database alone tells the state of an import. */
  forget(id: string): void {
    this.#shown.delete(id);
  }

  /**
   * The state of one import, or of all that run: first as it is now, then each change. A watch of one import
   * ends after its final state; it may start before the import exists.
   */
  watch(id: string | undefined, signal?: AbortSignal): AsyncIterableIterator<ImportRecord> {
    const watcher = new Watcher(id);
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

  async *#states(
    watcher: Watcher,
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ImportRecord, undefined> {
    const end = () => watcher.end();
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) watcher.end();
    try {
      for (const record of await this.#now(id)) watcher.offer(record);
      for (let record = await watcher.next(); record; record = await watcher.next()) {
        yield record;
        if (id !== undefined && hasEnded(record)) return;
      }
    } finally {
      this.#watchers.delete(watcher);
      signal?.removeEventListener('abort', end);
    }
  }

  async #now(id: string | undefined): Promise<ImportRecord[]> {
    try {
      return id === undefined ? await this.#store.unfinished() : await this.#store.getMany([id]);
    } catch (error) {
      const shown = [...this.#shown.values()].filter((record) => id === undefined || record.id === id);
      if (shown.length === 0) throw error;
      return shown;
    }
  }

  #note(id: string): void {
    if (!this.#watchersOf(id).next().value) return;
    this.#changed.add(id);
    this.#load();
  }

  #refresh(): void {
    for (const watcher of this.#watchers) for (const id of watcher.ids()) this.#changed.add(id);
    this.#load();
  }

  /** One read at a time, for all that changed since the last. */
  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      while (this.#changed.size > 0) {
        const ids = [...this.#changed];
        this.#changed.clear();
        for (const record of await this.#store.getMany(ids)) {
          for (const watcher of this.#watchersOf(record.id)) watcher.offer(record);
        }
      }
    } catch {
      // The database is away: when it is back, listening starts anew, and with it a refresh.
    } finally {
      this.#loading = false;
    }
  }

  *#watchersOf(id: string): Generator<Watcher, undefined> {
    for (const watcher of this.#watchers) if (watcher.wants(id)) yield watcher;
  }
}

/** Holds at most one state an import until it is asked for. */
class Watcher {
  readonly #id: string | undefined;
  readonly #waiting = new Map<string, ImportRecord>();
  readonly #seen = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #ended = false;

  constructor(id: string | undefined) {
    this.#id = id;
  }

  wants(id: string): boolean {
    return this.#id === undefined || this.#id === id;
  }

  ids(): Iterable<string> {
    return this.#id === undefined ? this.#seen : [this.#id];
  }

  offer(record: ImportRecord): void {
    const known = this.#waiting.get(record.id);
    // Two reads may overtake each other.
    if (known && known.revision > record.revision) return;
    this.#waiting.set(record.id, record);
    if (hasEnded(record)) this.#seen.delete(record.id);
    else this.#seen.add(record.id);
    this.#wake.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  async next(): Promise<ImportRecord | undefined> {
    while (!this.#ended) {
      for (const [id, record] of this.#waiting) {
        this.#waiting.delete(id);
        return record;
      }
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
    return undefined;
  }
}
