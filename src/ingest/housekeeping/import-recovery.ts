// Recovers from processes that died: takes over their imports, and removes files and tables that belong to no import.

import type { Logger } from 'pino';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ImportStore } from '../../db/imports/import-store.ts';
import { dropStaging, stagedImports } from '../../db/imports/staging.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import type { ProcessPresence } from '../../db/postgres/locks/process-presence.ts';
import type { ImportService } from '../import-service.ts';
import type { Spool } from '../spool/spool.ts';

const POLL_INTERVAL_MS = 1500;
/** Orphaned files and tables are removed once in so many polls. */
const POLLS_PER_CLEANUP = 40;

export class ImportRecovery {
  readonly #database: Database;
  readonly #store: ImportStore;
  readonly #presence: ProcessPresence;
  readonly #imports: ImportService;
  readonly #spool: Spool;
  readonly #log: Logger;
  /** When each import was first seen without a living owner, on the monotonic clock. */
  #abandoned = new Map<string, number>();
  #polls = 0;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: {
    database: Database;
    importStore: ImportStore;
    presence: ProcessPresence;
    imports: ImportService;
    spool: Spool;
    log: Logger;
  }) {
    this.#database = parts.database;
    this.#store = parts.importStore;
    this.#presence = parts.presence;
    this.#imports = parts.imports;
    this.#spool = parts.spool;
    this.#log = parts.log;
  }

  /** Resolves after the first poll. */
  async start(): Promise<void> {
    this.#poll();
    await this.#polling;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  #poll(): void {
    this.#polling = this.#recover().then(() => {
      if (!this.#closed) this.#timer = setTimeout(() => this.#poll(), POLL_INTERVAL_MS);
    });
  }

  async #recover(): Promise<void> {
    try {
      await this.#takeOverAbandoned();
      if (this.#polls++ % POLLS_PER_CLEANUP === 0) await this.#removeOrphans();
    } catch (error) {
      // While the database was unavailable, other processes lost their presence locks, too.
      this.#abandoned.clear();
      this.#log.warn({ err: error }, 'abandoned imports could not be recovered; retrying');
    }
  }

  async #takeOverAbandoned(): Promise<void> {
    const abandoned = await this.#findAbandoned();
    const before = this.#abandoned;
    const now = performance.now();
    this.#abandoned = new Map(abandoned.map(({ id }) => [id, before.get(id) ?? now]));
    for (const record of abandoned) {
      const since = before.get(record.id);
      // Seen twice, as an owner that has lost its connection reacquires its lock at once. A released import has no owner.
      if (since === undefined && record.owner !== null) continue;
      await this.#imports.takeOver(record, now - (since ?? now));
    }
  }

  async #findAbandoned(): Promise<ImportRecord[]> {
    const alive = new Map<string, boolean>();
    const abandoned = [];
    for (const record of await this.#store.unattended()) {
      const { id, owner } = record;
      if (this.#imports.isActive(id)) continue;
      if (owner !== null && owner !== this.#presence.id) {
        if (!alive.has(owner)) alive.set(owner, await this.#presence.isAlive(owner));
        if (alive.get(owner)) continue;
      }
      abandoned.push(record);
    }
    return abandoned;
  }

  async #removeOrphans(): Promise<void> {
    // In this order, as an import that starts meanwhile has its record before its file and its tables.
    const spooled = await this.#spool.list();
    const staged = await stagedImports(this.#database.sql);
    const needed = await this.#store.needed();
    for (const id of spooled) if (!needed.has(id)) await this.#spool.remove(id);
    for (const id of staged) if (!needed.has(id)) await dropStaging(this.#database.sql, id);
  }
}
