// Notifies subscribers when counts change, in any server process. Each subscriber takes the current counts at its own
// speed, so a slow one skips intermediate states instead of building up a backlog. Those who are told of the same change share
// a read, and get the same object.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../postgres/connection/database.ts';
import type { ProductCount } from './count-pages.ts';
import { COUNTS_CHANNEL, type ProductCountStore } from './count-store.ts';

/** The counts of the names that a subscriber asked for, as of this instant. */
export interface ProductCountChange {
  at: Date;
  counts: ProductCount[];
}

/** The minimum time between two events of a subscriber, in milliseconds. */
const INTERVAL_MS = 300;

export class ProductCountFeed {
  readonly #database: Database;
  readonly #store: Pick<ProductCountStore, 'of'>;
  readonly #intervalMs: number;
  readonly #closing = new AbortController();
  /** Increases whenever counts have changed or may have. */
  #revision = 1;
  /** Reads that a subscriber may still share, by the names. */
  readonly #reads = new Map<string, Promise<ProductCountChange | undefined>>();
  #changed = Promise.withResolvers<void>();
  #unlisten: (() => Promise<void>) | undefined;

  constructor(database: Database, store: Pick<ProductCountStore, 'of'>, intervalMs = INTERVAL_MS) {
    this.#database = database;
    this.#store = store;
    this.#intervalMs = intervalMs;
  }

  async start(): Promise<void> {
    const onChange = () => this.#onChange();
    // Also called after each reconnect, because changes may have been missed.
    const listening = await this.#database.listen(COUNTS_CHANNEL, onChange, onChange);
    this.#unlisten = listening.unlisten;
  }

  /** Ends all subscriptions. Close the connections of clients first, or they would see their streams complete. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#unlisten?.().catch(() => {});
  }

  /**
   * The current counts, then the counts after each change. With names, changes to other names are ignored.
   *
   * @param signal ends the subscription, as calling `return()` does
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
      // A generator handles `return()` only when it stops waiting for the next change, so end the wait first.
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
    let sent: string | undefined;
    while (await this.#revisionAfter(seen, end)) {
      const isFirst = seen === 0;
      // Remembered before reading, so that a change in the meantime causes another read.
      seen = this.#revision;
      // Whoever subscribes knows of changes whose notification is still on its way.
      const change = await (isFirst ? this.#read(names ?? []) : this.#shared(names ?? []));
      const state = JSON.stringify(change?.counts);
      if (change && (names === undefined || state !== sent)) {
        sent = state;
        yield change;
      }
      await sleep(this.#intervalMs, undefined, { signal: end }).catch(() => {});
    }
  }

  /** @returns false if the subscription ends first */
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

  /** A read since the last notification, no older than the interval. */
  #shared(names: readonly string[]): Promise<ProductCountChange | undefined> {
    const key = JSON.stringify(names);
    const known = this.#reads.get(key);
    if (known) return known;
    const read = this.#read(names);
    this.#reads.set(key, read);
    const forget = () => {
      if (this.#reads.get(key) === read) this.#reads.delete(key);
    };
    setTimeout(forget, this.#intervalMs).unref();
    read.then((change) => change ?? forget());
    return read;
  }

  async #read(names: readonly string[]): Promise<ProductCountChange | undefined> {
    const at = new Date();
    try {
      return { at, counts: names.length === 0 ? [] : await this.#store.of(names) };
    } catch {
      // The database is unavailable. After the reconnect, `onChange` causes another read.
      return undefined;
    }
  }

  #onChange(): void {
    this.#revision += 1;
    this.#reads.clear();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
