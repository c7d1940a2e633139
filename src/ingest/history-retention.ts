// Removes former versions of products that are too old, a few at a time.

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { removeOldChanges } from '../db/catalogue/remove-old-changes.ts';
import type { Database } from '../db/postgres/connection/database.ts';

export interface RetentionSettings {
  historyDays: number;
  undoDays: number;
}

const POLL_INTERVAL_MS = 60_000;
const BATCH_PAUSE_MS = 200;

export class HistoryRetention {
  readonly #database: Database;
  readonly #days: number;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(database: Database, { historyDays, undoDays }: RetentionSettings, log: Logger) {
    this.#database = database;
    // An import that is undone at the last moment changed products before it ended.
    this.#days = Math.max(historyDays, undoDays + 1);
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#working = this.#run(this.#stopping.signal);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const hasMore = await removeOldChanges(this.#database, this.#days).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'old versions of products could not be removed; retrying');
        return false;
      });
      const wait = hasMore ? BATCH_PAUSE_MS : POLL_INTERVAL_MS;
      await pause(wait, undefined, { signal }).catch(() => {});
    }
  }
}
