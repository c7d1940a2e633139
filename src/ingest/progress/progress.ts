// Tells the database how an import moves, as often as a watcher wants to know and no oftener.

import {
  type ImportChanges,
  type ImportRecord,
  type ImportStore,
  OwnershipLostError,
} from '../../db/imports/import-store.ts';

/** Time between two reports while something moves, in milliseconds. */
const REPORT_EVERY = 150;
/** When nothing moves, every third time is enough to ask whether a cancel was requested. */
const LOOK_EVERY_TICKS = 3;
/** Rows per second are taken over this time, in milliseconds. */
const RATE_WINDOW = 2000;

export interface ProgressNews {
  onCancelRequested: () => void;
  /** Another process has the import by now. */
  onLost: (error: OwnershipLostError) => void;
}

export class Progress {
  readonly #store: ImportStore;
  readonly #owner: string;
  readonly #news: ProgressNews;
  #written: ImportRecord;
  #changes: ImportChanges = {};
  #ticksStill = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #samples: { at: number; rows: number }[] = [{ at: performance.now(), rows: 0 }];

  /** @param record of an import that belongs to `owner` */
  constructor(store: ImportStore, record: ImportRecord, owner: string, news: ProgressNews) {
    this.#store = store;
    this.#owner = owner;
    this.#written = record;
    this.#news = news;
    this.#timer = setTimeout(() => this.#tick(), REPORT_EVERY);
  }

  /** The import as it is, also where the database does not know it yet. */
  get current(): ImportRecord {
    return { ...this.#written, ...this.#changes };
  }

  /** Takes note of a state that was written by other means. */
  adopt(written: ImportRecord): void {
    this.#written = written;
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
      this.#written = await this.#store.report(this.#written.id, this.#owner, changes);
    } catch (error) {
      this.#changes = { ...changes, ...this.#changes };
      if (error instanceof OwnershipLostError) this.#news.onLost(error);
      throw error;
    }
    if (this.#written.cancelRequestedAt) this.#news.onCancelRequested();
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
    return now > first.at ? Math.max(((rows - first.rows) * 1000) / (now - first.at), 0) : 0;
  }
}
