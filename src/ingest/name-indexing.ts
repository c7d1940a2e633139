// Keeps searches by name fast: builds the indexes that imports leave behind, in the background, while no import runs.

import type { Logger } from 'pino';
import { hasIndex, restoreIndex } from '../db/catalogue/exact-name-index.ts';
import { NameSubstringIndex } from '../db/catalogue/name-substring-index.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import { Session } from '../db/postgres/connection/session.ts';
import type { ImportService } from './import-service.ts';

const POLL_INTERVAL_MS = 1000;
/** Polls in a row without a running import, so as not to slow down one that follows another. */
const IDLE_POLLS = 3;

export class NameIndexing {
  readonly #database: Database;
  readonly #imports: ImportService;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #idlePolls = 0;

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
      if (this.#timer) this.#timer = setTimeout(() => this.#poll(), POLL_INTERVAL_MS);
    });
  }

  async #refresh(): Promise<void> {
    this.#idlePolls = this.#imports.isBusy ? 0 : this.#idlePolls + 1;
    if (this.#idlePolls < IDLE_POLLS) return;
    try {
      const { sql } = this.#database;
      if ((await hasIndex(sql)) && !(await new NameSubstringIndex(sql).isBehind())) return;
      await this.#index();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      // Searches are correct without the index, only slower.
      this.#log.warn({ err: error }, 'new names could not be indexed; retrying');
    }
  }

  /** On a session of its own, which is closed at once when the server shuts down. */
  async #index(): Promise<void> {
    const session = await Session.open(this.#database, 'indexing', '');
    try {
      await session.run(this.#stopping.signal, async (sql) => {
        await restoreIndex(sql);
        await new NameSubstringIndex(sql).refresh(() => !this.#imports.isBusy);
      });
    } finally {
      await session.close();
    }
  }
}
