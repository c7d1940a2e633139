// Tells the database how an import moves, as often as a watcher wants to know and no oftener.

import type { ImportChanges, ImportStore } from '../db/import-store.ts';

/** Time between two reports while something moves, in milliseconds. */
const REPORT_EVERY = 150;
/** When nothing moves, every third time is enough to ask whether a cancel was requested. */
const LOOK_EVERY_TICKS = 3;
/** Rows per second are taken over this time, in milliseconds. */
const RATE_WINDOW = 2000;

export class Progress {
  readonly #store: ImportStore;
  readonly #id: string;
  readonly #onCancelRequested: () => void;
  #changes: ImportChanges = {};
  #ticksStill = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #samples: { at: number; rows: number }[] = [{ at: performance.now(), rows: 0 }];

  constructor(store: ImportStore, id: string, onCancelRequested: () => void) {
    this.#store = store;
    this.#id = id;
    this.#onCancelRequested = onCancelRequested;
    this.#timer = setTimeout(() => this.#tick(), REPORT_EVERY);
  }

  /** Notes what moved; it is written with the next report. */
  report(changes: ImportChanges): void {
    Object.assign(this.#changes, changes);
    if (changes.rowsRead !== undefined) this.#changes.rowsPerSecond = this.#rate(changes.rowsRead);
  }

  /** Writes what is noted, now. */
  async flush(): Promise<void> {
    const writing = this.#writing.catch(() => {}).then(() => this.#write());
    this.#writing = writing;
    await writing;
  }

  /** Ends the reports. What is noted and not written is left to the final state. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing.catch(() => {});
  }

  async #write(): Promise<void> {
    const changes = this.#changes;
    this.#changes = {};
    try {
      if (await this.#store.report(this.#id, changes)) this.#onCancelRequested();
    } catch (error) {
      this.#changes = { ...changes, ...this.#changes };
      throw error;
    }
  }

  #tick(): void {
    const moved = Object.keys(this.#changes).length > 0;
    this.#ticksStill = moved ? 0 : this.#ticksStill + 1;
    const due = moved || this.#ticksStill % LOOK_EVERY_TICKS === 0;
    // A report that fails says nothing about the import: the work itself will notice a database that is gone.
    const reported = due ? this.flush().catch(() => {}) : Promise.resolve();
    reported.then(() => {
      if (this.#timer) this.#timer = setTimeout(() => this.#tick(), REPORT_EVERY);
    });
  }

  #rate(rows: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, rows });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > RATE_WINDOW)
      this.#samples.shift();
    const first = this.#samples[0] ?? { at: now, rows };
    return now > first.at ? ((rows - first.rows) * 1000) / (now - first.at) : 0;
  }
}
