// The live state of data sources, whichever server process watches them. Each reader gets the newest state, never a
// backlog: a slow one skips what it missed.

import type { Database } from '../db/client.ts';
import { type DataSourceRecord, type DataSourceStore, SOURCE_CHANNEL } from '../db/data-source-store.ts';

export class SourceFeed {
  readonly #database: Database;
  readonly #store: DataSourceStore;
  readonly #readers = new Set<Reader>();
  readonly #changed = new Set<string>();
  #isLoading = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, store: DataSourceStore) {
    this.#database = database;
    this.#store = store;
  }

  async start(): Promise<void> {
    const onNotice = (ids: string) => this.#note(ids.split(','));
    // Heard again after a lost connection, when any number of changes may have been missed.
    const onListen = () => void this.#refresh().catch(() => {});
    const listening = await this.#database.sql.listen(SOURCE_CHANNEL, onNotice, onListen);
    this.#unlisten = listening.unlisten;
  }

  /** Ends every watch with a clean completion. */
  async close(): Promise<void> {
    for (const reader of this.#readers) reader.end();
    await this.#unlisten?.().catch(() => {});
  }

  /** The state of one source, or of all: first as it is now, then each change. A watch of one ends when it is removed. */
  watch(id: string | undefined, signal?: AbortSignal): AsyncIterableIterator<DataSourceRecord> {
    const reader = new Reader(id);
    this.#readers.add(reader);
    const states = this.#states(reader, id, signal);
    return {
      next: () => states.next(),
      // A generator that waits for its next state hears of its end only with that state: end the wait first.
      return: () => {
        reader.end();
        this.#readers.delete(reader);
        return states.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#states(
    reader: Reader,
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<DataSourceRecord, undefined> {
    const end = () => reader.end();
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) reader.end();
    try {
      const now = id === undefined ? await this.#store.list() : await this.#store.getMany([id]);
      for (const record of now) reader.offer(record);
      for (let record = await reader.next(); record; record = await reader.next()) {
        yield record;
        if (id !== undefined && record.removedAt !== null) return;
      }
    } finally {
      this.#readers.delete(reader);
      signal?.removeEventListener('abort', end);
    }
  }

  async #refresh(): Promise<void> {
    if (this.#readers.size === 0) return;
    const present = (await this.#store.list()).map(({ id }) => id);
    this.#note([...present, ...[...this.#readers].flatMap((reader) => reader.known())]);
  }

  #note(ids: readonly string[]): void {
    for (const id of ids) if ([...this.#readers].some((reader) => reader.wants(id))) this.#changed.add(id);
    this.#load();
  }

  /** One read at a time, for all that changed since the last. */
  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      while (this.#changed.size > 0) {
        const ids = [...this.#changed];
        this.#changed.clear();
        const records = await this.#store.getMany(ids);
        for (const reader of this.#readers) for (const record of records) reader.offer(record);
      }
    } catch {
      // The database is away: when it is back, listening starts anew, and with it a look at all that is watched.
    } finally {
      this.#isLoading = false;
    }
  }
}

/** Holds at most one state a source until it is asked for. */
class Reader {
  readonly #id: string | undefined;
  readonly #waiting = new Map<string, DataSourceRecord>();
  readonly #seen = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(id: string | undefined) {
    this.#id = id;
  }

  wants(id: string): boolean {
    return this.#id === undefined || this.#id === id;
  }

  known(): string[] {
    return this.#id === undefined ? [...this.#seen] : [this.#id];
  }

  offer(record: DataSourceRecord): void {
    if (!this.wants(record.id)) return;
    const known = this.#waiting.get(record.id);
    // Two reads may overtake each other.
    if (known && known.updatedAt > record.updatedAt) return;
    this.#waiting.set(record.id, record);
    if (record.removedAt === null) this.#seen.add(record.id);
    else this.#seen.delete(record.id);
    this.#wake.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake.resolve();
  }

  async next(): Promise<DataSourceRecord | undefined> {
    while (!this.#hasEnded) {
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
