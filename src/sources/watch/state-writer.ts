// Writes what the watcher finds out, for many sources in one statement: an unchanged source costs a share of one.

import type { CheckState } from '../../db/sources/source-watch-store.ts';

const WRITE_EVERY_MS = 250;

export class StateWriter {
  readonly #write: (states: CheckState[]) => Promise<void>;
  #waiting = new Map<string, CheckState>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (states: CheckState[]) => Promise<void>) {
    this.#write = write;
  }

  /** Notes a state, in place of the one before: what passes between two writes is not told. */
  note(state: CheckState): void {
    this.#waiting.set(state.id, { ...state });
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS);
  }

  /** What is noted of a source is no longer true. */
  forget(id: string): void {
    this.#waiting.delete(id);
  }

  /** Writes what is noted, now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#writing;
    this.#writing = before.then(() => this.#writeAll());
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const states = this.#waiting;
    if (states.size === 0) return;
    this.#waiting = new Map();
    try {
      await this.#write([...states.values()]);
    } catch {
      // The database is away. Newer states may have come meanwhile.
      this.#waiting = new Map([...states, ...this.#waiting]);
      this.#timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS * 4);
    }
  }

  /** Writes the last states, if the database takes them. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }
}
