// Removes imports that are too old, and what deleted ones left, a few rows at a time.

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { removeOldImports } from '../db/imports/delete-imports.ts';
import type { Database } from '../db/postgres/connection/database.ts';

interface RetentionSettings {
  /** 0: for ever. */
  importsKeepDays: number;
  undoDays: number;
}

const POLL_INTERVAL_MS = 60_000;
const BATCH_PAUSE_MS = 200;

export class ImportRetention {
  readonly #database: Database;
  readonly #days: number;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(database: Database, { importsKeepDays, undoDays }: RetentionSettings, log: Logger) {
    this.#database = database;
    // As long as an import can be undone, it is kept.
    this.#days = importsKeepDays === 0 ? 0 : Math.max(importsKeepDays, undoDays + 1);
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
    let cleared: Awaited<ReturnType<typeof removeOldImports>>['cleared'];
    while (!signal.aborted) {
      const done = await removeOldImports(this.#database, this.#days, cleared).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'old imports could not be removed; retrying');
        return { hasMore: false, cleared: undefined };
      });
      cleared = done.cleared;
      const wait = done.hasMore ? BATCH_PAUSE_MS : POLL_INTERVAL_MS;
      await pause(wait, undefined, { signal }).catch(() => {});
    }
  }
}
