// Keeps searches by name fast: builds what imports left to be indexed, in the background, when none needs the machine.

import type { Logger } from 'pino';
import { hasIndex, restoreIndex } from '../db/catalogue/name-index.ts';
import { ProductNameIndex } from '../db/catalogue/name-search-index.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import { Session } from '../db/postgres/connection/session.ts';
import type { ImportService } from './import-service.ts';

/** Time between two looks, in milliseconds. */
const LOOK_EVERY = 1000;
/** Looks in a row that must find no import at work: one that follows another at once is not to be slowed down. */
const QUIET_LOOKS = 3;

export class NameIndexing {
  readonly #database: Database;
  readonly #imports: ImportService;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #quietLooks = 0;

  constructor(database: Database, imports: ImportService, log: Logger) {
    this.#database = database;
    this.#imports = imports;
    this.#log = log;
    this.#timer = setTimeout(() => this.#look(), LOOK_EVERY);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#working;
  }

  #look(): void {
    this.#working = this.#refresh().then(() => {
      if (this.#timer) this.#timer = setTimeout(() => this.#look(), LOOK_EVERY);
    });
  }

  async #refresh(): Promise<void> {
    this.#quietLooks = this.#imports.busy ? 0 : this.#quietLooks + 1;
    if (this.#quietLooks < QUIET_LOOKS) return;
    try {
      const { sql } = this.#database;
      if ((await hasIndex(sql)) && !(await new ProductNameIndex(sql).isBehind())) return;
      await this.#index();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      // Searches are right without it, only slower.
      this.#log.warn({ err: error }, 'new names could not be indexed; trying again');
    }
  }

  /** On a session of its own, which ends at once when the server does, whatever it is at. */
  async #index(): Promise<void> {
    const session = await Session.open(this.#database, 'indexing', '');
    try {
      await session.run(this.#stopping.signal, async (sql) => {
        await restoreIndex(sql);
        await new ProductNameIndex(sql).refresh(() => !this.#imports.busy);
      });
    } finally {
      await session.close();
    }
  }
}
