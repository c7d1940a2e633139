// Keeps searches fast: builds the indexes that imports leave behind and those that are asked for, in the background, while
// no import runs.

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { NameSubstringIndex } from '../../db/catalogue/names/name-substring-index.ts';
import {
  hasIndexes,
  hasSkuIndex,
  mergePendingSkus,
  restoreIndexes,
} from '../../db/catalogue/search/product-indexes.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { Session } from '../../db/postgres/connection/session.ts';
import type { ImportService } from '../import-service.ts';

/** While no import runs. */
const POLL_INTERVAL_MS = 1000;
/** While one runs: indexing begins this soon after its end, and stops this soon after the next has begun. */
const BUSY_POLL_INTERVAL_MS = 50;
/** Without an import that was seen to run. */
const SKU_INTERVAL_MS = 600_000;

export class SearchIndexing {
  readonly #database: Database;
  readonly #imports: ImportService;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** When SKUs that imports and edits add are moved into their index, whatever else is to be indexed. */
  #skusDueAt = 0;
  #working: Promise<void> = Promise.resolve();

  constructor(database: Database, imports: ImportService, log: Logger) {
    this.#database = database;
    this.#imports = imports;
    this.#log = log;
    this.#timer = setTimeout(() => this.#poll(), POLL_INTERVAL_MS);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#working;
  }

  #poll(): void {
    this.#working = this.#refresh().then(() => {
      const interval = this.#imports.isBusy ? BUSY_POLL_INTERVAL_MS : POLL_INTERVAL_MS;
      if (this.#timer) this.#timer = setTimeout(() => this.#poll(), interval);
    });
  }

  async #refresh(): Promise<void> {
    if (this.#imports.isBusy) {
      this.#skusDueAt = 0;
      return;
    }
    const stop = new AbortController();
    const watch = setInterval(() => this.#imports.isBusy && stop.abort(), BUSY_POLL_INTERVAL_MS);
    const signal = AbortSignal.any([stop.signal, this.#stopping.signal]);
    try {
      const { sql } = this.#database;
      const isDue = performance.now() >= this.#skusDueAt && (await hasSkuIndex(sql));
      if (isDue || !(await hasIndexes(sql)) || (await new NameSubstringIndex(sql).isBehind()))
        await this.#index(signal);
      this.#skusDueAt = performance.now() + SKU_INTERVAL_MS;
    } catch (error) {
      if (signal.aborted) return;
      // Searches are correct without the index, only slower.
      this.#log.warn({ err: error }, 'searches could not be indexed; retrying');
    } finally {
      clearInterval(watch);
    }
  }

  /** On a session of its own, whose statement is cancelled when the signal aborts. */
  async #index(signal: AbortSignal): Promise<void> {
    const session = await Session.open(this.#database, 'indexing', '');
    try {
      await session.run(signal, async (sql) => {
        await restoreIndexes(sql);
        await mergePendingSkus(sql);
        let since = performance.now();
        await new NameSubstringIndex(sql).refresh(async () => {
          // Leaves half of a core to searches.
          await pause(performance.now() - since, undefined, { signal });
          since = performance.now();
          return true;
        });
      });
    } finally {
      await session.close();
    }
  }
}
