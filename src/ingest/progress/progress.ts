// Writes the progress of an import to the database, often enough for those who watch it.

import { type ImportChanges, type ImportRecord, OwnershipLostError } from '../../db/imports/import-record.ts';
import type { ImportStore } from '../../db/imports/import-store.ts';

/** Interval of writes while something changes, in milliseconds. */
const WRITE_INTERVAL_MS = 150;
/** While nothing changes, every third tick reads whether a cancel was requested. */
const TICKS_PER_READ = 3;
/** Window of the rate of rows per second, in milliseconds. */
const RATE_WINDOW_MS = 2000;

export interface ProgressListener {
  onCancelRequested: () => void;
  /** Another process owns the import by now. */
  onLost: (error: OwnershipLostError) => void;
}

export class Progress {
  readonly #store: ImportStore;
  readonly #owner: string;
  readonly #listener: ProgressListener;
  #written: ImportRecord;
  #changes: ImportChanges = {};
  #idleTicks = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #samples: { at: number; rows: number }[] = [{ at: performance.now(), rows: 0 }];

  /** @param record of an import that belongs to `owner` */
  constructor(store: ImportStore, record: ImportRecord, owner: string, listener: ProgressListener) {
    this.#store = store;
    this.#owner = owner;
    this.#written = record;
    this.#listener = listener;
    this.#timer = setTimeout(() => this.#tick(), WRITE_INTERVAL_MS);
  }

  /** The import with all changes, including those that are not written yet. */
  get current(): ImportRecord {
    return { ...this.#written, ...this.#changes };
  }

  /** Notes a state that was written by other means. */
  setWritten(written: ImportRecord): void {
    this.#written = written;
  }

  /** Notes changes, which are written with the next tick. */
  report(changes: ImportChanges): void {
    Object.assign(this.#changes, changes);
    if (changes.rowsRead !== undefined) this.#changes.rowsPerSecond = this.#rate(changes.rowsRead);
  }

  /** Writes all noted changes now. */
  async flush(): Promise<void> {
    const writing = this.#writing.catch(() => {}).then(() => this.#write());
    this.#writing = writing;
    await writing;
  }

  /** Stops writing. Changes that are not written yet are left to the final state. */
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
      if (error instanceof OwnershipLostError) this.#listener.onLost(error);
      throw error;
    }
    if (this.#written.cancelRequestedAt) this.#listener.onCancelRequested();
  }

  #tick(): void {
    const hasChanges = Object.keys(this.#changes).length > 0;
    this.#idleTicks = hasChanges ? 0 : this.#idleTicks + 1;
    const due = hasChanges || this.#idleTicks % TICKS_PER_READ === 0;
    // A failed write is ignored: the work itself fails when the database is unavailable.
    const written = due ? this.flush().catch(() => {}) : Promise.resolve();
    written.then(() => {
      if (this.#timer) this.#timer = setTimeout(() => this.#tick(), WRITE_INTERVAL_MS);
    });
  }

  #rate(rows: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, rows });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > RATE_WINDOW_MS)
      this.#samples.shift();
    const first = this.#samples[0] ?? { at: now, rows };
    return now > first.at ? Math.max(((rows - first.rows) * 1000) / (now - first.at), 0) : 0;
  }
}
