// Writes the findings of all sources in batches, so that checks of unchanged sources share one statement.

import type { CheckState } from '../../db/sources/source-watch-store.ts';

const BATCH_INTERVAL_MS = 250;

export class StateWriter {
  readonly #write: (states: CheckState[]) => Promise<void>;
  #pending = new Map<string, CheckState>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (states: CheckState[]) => Promise<void>) {
    this.#write = write;
  }

  /** Writes a state with the next batch, unless a newer one of the same source replaces it. */
  add(state: CheckState): void {
    this.#pending.set(state.id, { ...state });
    this.#timer ??= setTimeout(() => void this.flush(), BATCH_INTERVAL_MS);
  }

  /** Discards the pending state of a source. */
  discard(id: string): void {
    this.#pending.delete(id);
  }

  /** Writes all pending states now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#writing;
    this.#writing = before.then(() => this.#writeAll());
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const states = this.#pending;
    if (states.size === 0) return;
    this.#pending = new Map();
    try {
      await this.#write([...states.values()]);
    } catch {
      // The database is unavailable. Newer states may have been added meanwhile.
      this.#pending = new Map([...states, ...this.#pending]);
      this.#timer ??= setTimeout(() => void this.flush(), BATCH_INTERVAL_MS * 4);
    }
  }

  /** Writes the last states, unless the database is unavailable. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }
}
