// Looks after what processes leave behind that are gone: their imports are taken up, what belongs to no import is removed.

import type { Logger } from 'pino';
import type { ImportRecord, ImportStore } from '../db/imports/import-store.ts';
import { dropStaging, stagedImports } from '../db/imports/staging.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import type { ProcessPresence } from '../db/postgres/locks/process-presence.ts';
import type { ImportService } from './import-service.ts';
import type { Spool } from './spool/spool.ts';

/** Time between two looks, in milliseconds. */
const LOOK_EVERY = 1500;
/** Looks between two removals of what belongs to no import. */
const LOOKS_PER_CLEANUP = 40;

export class Caretaker {
  readonly #database: Database;
  readonly #store: ImportStore;
  readonly #presence: ProcessPresence;
  readonly #imports: ImportService;
  readonly #spool: Spool;
  readonly #log: Logger;
  /** When an import was first seen without anyone at work on it, in milliseconds of the process's own clock. */
  #abandoned = new Map<string, number>();
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
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

  /** Looks once, then again and again. */
  async start(): Promise<void> {
    this.#look();
    await this.#looking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #look(): void {
    this.#looking = this.#takeCare().then(() => {
      if (!this.#closed) this.#timer = setTimeout(() => this.#look(), LOOK_EVERY);
    });
  }

  async #takeCare(): Promise<void> {
    try {
      await this.#takeUpAbandoned();
      if (this.#looks++ % LOOKS_PER_CLEANUP === 0) await this.#removeOrphans();
    } catch (error) {
      // A database that was away says nothing about the processes that lost it.
      this.#abandoned.clear();
      this.#log.warn({ err: error }, 'imports could not be looked after; trying again');
    }
  }

  async #takeUpAbandoned(): Promise<void> {
    const abandoned = await this.#findAbandoned();
    const before = this.#abandoned;
    const now = performance.now();
    this.#abandoned = new Map(abandoned.map(({ id }) => [id, before.get(id) ?? now]));
    for (const record of abandoned) {
      const since = before.get(record.id);
      // Seen twice, as an owner that lost its connection takes its lock again at once. Given up is given up.
      if (since === undefined && record.owner !== null) continue;
      await this.#imports.takeUp(record, now - (since ?? now));
    }
  }

  async #findAbandoned(): Promise<ImportRecord[]> {
    const alive = new Map<string, boolean>();
    const abandoned = [];
    for (const record of await this.#store.unfinished()) {
      const { id, owner } = record;
      if (this.#imports.isAtWork(id)) continue;
      if (owner !== null && owner !== this.#presence.id) {
        if (!alive.has(owner)) alive.set(owner, await this.#presence.isAlive(owner));
        if (alive.get(owner)) continue;
      }
      abandoned.push(record);
    }
    return abandoned;
  }

  async #removeOrphans(): Promise<void> {
    // In this order: an import that begins meanwhile has its record before its file and its tables.
    const spooled = await this.#spool.list();
    const staged = await stagedImports(this.#database.sql);
    const needed = await this.#store.needed();
    for (const id of spooled) if (!needed.has(id)) await this.#spool.remove(id);
    for (const id of staged) if (!needed.has(id)) await dropStaging(this.#database.sql, id);
  }
}
