// The live state of imports, also of those whose state the database cannot tell at present.

import {
  hasEnded,
  IMPORT_CHANNEL,
  type ImportRecord,
  type ImportStore,
} from '../../db/imports/import-store.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { LiveFeed } from './live-feed.ts';

export class ProgressFeed {
  readonly #feed: LiveFeed<ImportRecord>;
  /** Imports of this process that wait for the database, as they are: it cannot tell meanwhile. */
  readonly #shown = new Map<string, ImportRecord>();

  constructor(database: Database, store: ImportStore) {
    this.#feed = new LiveFeed(database, {
      channel: IMPORT_CHANNEL,
      getMany: (ids) => store.getMany(ids),
      present: (id) => this.#orShown(id === undefined ? store.unfinished() : store.getMany([id]), id),
      versionOf: ({ revision }) => revision,
      isFinal: hasEnded,
    });
  }

  async start(): Promise<void> {
    await this.#feed.start();
  }

  /** Ends every watch; those of clients must have been cut before, or they would take it for the end. */
  async close(): Promise<void> {
    await this.#feed.close();
  }

  /** Tells the state of an import whose work here waits for the database. */
  show(record: ImportRecord): void {
    this.#shown.set(record.id, record);
    this.#feed.offer(record);
  }

  /** From now on the database alone tells the state of an import. */
  forget(id: string): void {
    this.#shown.delete(id);
  }

  /** The state of one import, or of all that run: first as it is now, then each change. */
  watch(id: string | undefined, signal?: AbortSignal): AsyncIterableIterator<ImportRecord> {
    return this.#feed.watch(id, signal);
  }

  async #orShown(read: Promise<ImportRecord[]>, id: string | undefined): Promise<ImportRecord[]> {
    try {
      return await read;
    } catch (error) {
      const shown = [...this.#shown.values()].filter((record) => id === undefined || record.id === id);
      if (shown.length === 0) throw error;
      return shown;
    }
  }
}
