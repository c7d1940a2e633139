// Tells that counts changed, whichever server process changed them. Each watcher hears of it at its own pace and
// gets the counts as they are then, never a backlog.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../postgres/connection/database.ts';
import { COUNTS_CHANNEL, type ProductCount, type ProductCountStore } from './count-store.ts';

/** The counts of the names that a watcher asked for, as they were at this instant. */
export interface ProductCountChange {
  at: Date;
  counts: ProductCount[];
}

/** Between two changes that one watcher hears of, in milliseconds. */
const PAUSE_MS = 300;

export class ProductCountFeed {
  readonly #database: Database;
  readonly #store: Pick<ProductCountStore, 'of'>;
  readonly #pauseMs: number;
  readonly #closing = new AbortController();
  /** How often counts have changed, or may have. */
  #revision = 1;
  #changed = Promise.withResolvers<void>();
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, store: Pick<ProductCountStore, 'of'>, pauseMs = PAUSE_MS) {
    this.#database = database;
    this.#store = store;
    this.#pauseMs = pauseMs;
  }

  async start(): Promise<void> {
    const note = () => this.#note();
    // Heard again after a lost connection, when any number of changes may have been missed.
    const listening = await this.#database.sql.listen(COUNTS_CHANNEL, note, note);
    this.#unlisten = listening.unlisten;
  }

  /** Ends every watch; those of clients must have been cut before, or they would take it for the end. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#unlisten?.().catch(() => {});
  }

  /**
   * The counts as they are, at once, and then after each change. With names, changes of other names are passed over.
   *
   * @param signal ends the watch, as `return()` of what is returned does
   */
  watch(
    names: readonly string[] | undefined,
    signal?: AbortSignal,
  ): AsyncIterableIterator<ProductCountChange> {
    const ended = new AbortController();
    const ends = [ended.signal, this.#closing.signal, ...(signal ? [signal] : [])];
    const changes = this.#changes(names, AbortSignal.any(ends));
    return {
      next: () => changes.next(),
      // A generator that waits for the next change hears of its end only with that change: end the wait first.
      return: () => {
        ended.abort();
        return changes.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#changes(
    names: readonly string[] | undefined,
    end: AbortSignal,
  ): AsyncGenerator<ProductCountChange, undefined> {
    let seen = 0;
    let told: string | undefined;
    while (await this.#revisionAfter(seen, end)) {
      // Noted before the counts are read: what changes meanwhile is looked at once more.
      seen = this.#revision;
      const counts = await this.#read(names ?? []);
      const state = JSON.stringify(counts);
      if (counts && (names === undefined || state !== told)) {
        told = state;
        yield { at: new Date(), counts };
      }
      await pause(this.#pauseMs, undefined, { signal: end }).catch(() => {});
    }
  }

  /** @returns false when the watch ends first */
  async #revisionAfter(seen: number, end: AbortSignal): Promise<boolean> {
    if (end.aborted) return false;
    if (this.#revision > seen) return true;
    const over = Promise.withResolvers<void>();
    const stop = () => over.resolve();
    end.addEventListener('abort', stop, { once: true });
    await Promise.race([this.#changed.promise, over.promise]);
    end.removeEventListener('abort', stop);
    return !end.aborted;
  }

  async #read(names: readonly string[]): Promise<ProductCount[] | undefined> {
    try {
      return names.length === 0 ? [] : await this.#store.of(names);
    } catch {
      // The database is away: when it is back, listening starts anew, and with it this.
      return undefined;
    }
  }

  #note(): void {
    this.#revision += 1;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
