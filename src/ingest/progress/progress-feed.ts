// The live states of imports, including those that the database cannot give because it is unavailable.

import { deletedAmong, importDeleted } from '../../db/imports/delete-imports.ts';
import { hasEnded, type ImportRecord } from '../../db/imports/import-record.ts';
import { IMPORT_CHANNEL, ImportStore } from '../../db/imports/import-store.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { LiveFeed } from './live-feed.ts';

export class ProgressFeed {
  readonly #feed: LiveFeed<ImportRecord>;
  /** The states of this process's imports that wait for the database. */
  readonly #uncommitted = new Map<string, ImportRecord>();

  /**
   * @param database from which it reads
   * @param written whose writes it publishes
   */
  constructor(database: Database, written: Pick<ImportStore, 'onWritten'>) {
    const store = new ImportStore(database);
    const whyGone = async (ids: string[]) =>
      new Map([...(await deletedAmong(database, ids))].map((id) => [id, importDeleted(id)]));
    const getOne = async (id: string) => {
      const found = await store.getMany([id]);
      const reason = found.length === 0 ? (await whyGone([id])).get(id) : undefined;
      if (reason) throw reason;
      return found;
    };
    this.#feed = new LiveFeed(database, {
      channel: IMPORT_CHANNEL,
      getMany: (ids) => store.getMany(ids),
      current: (id) => this.#orUncommitted(id === undefined ? store.unfinished() : getOne(id), id),
      whyGone,
      revisionOf: ({ revision }) => revision,
      isFinal: hasEnded,
      isProgress: (from, to) => from.status === to.status && from.waitingFor === to.waitingFor,
    });
    written.onWritten((record) => this.#feed.publish(record));
  }

  async start(): Promise<void> {
    await this.#feed.start();
  }

  /** Ends every subscription. Disconnect clients before, or they take this for the end of the data. */
  async close(): Promise<void> {
    await this.#feed.close();
  }

  /** Shows the state of an import of this process that waits for the database. */
  showUncommitted(record: ImportRecord): void {
    this.#uncommitted.set(record.id, record);
    this.#feed.publishUncommitted(record);
  }

  /** From now on only the database has the state of this import. */
  clearUncommitted(id: string): void {
    this.#uncommitted.delete(id);
  }

  /** The current state of one import, or of all unfinished ones, then each change. */
  subscribe(id: string | undefined, signal?: AbortSignal): AsyncIterableIterator<ImportRecord> {
    return this.#feed.subscribe(id, signal);
  }

  /**
   * Waits until an import is in a state.
   *
   * @param id of an import that exists
   * @param isReached whether it is in that state
   * @returns the state that is reached; undefined if the signal aborts before, or the import ends in another state
   */
  async waitFor(
    id: string,
    isReached: (record: ImportRecord) => boolean,
    signal: AbortSignal,
  ): Promise<ImportRecord | undefined> {
    for await (const record of this.#feed.subscribe(id, signal)) if (isReached(record)) return record;
    return undefined;
  }

  async #orUncommitted(read: Promise<ImportRecord[]>, id: string | undefined): Promise<ImportRecord[]> {
    try {
      return await read;
    } catch (error) {
      const uncommitted = [...this.#uncommitted.values()].filter(
        (record) => id === undefined || record.id === id,
      );
      if (uncommitted.length === 0) throw error;
      return uncommitted;
    }
  }
}
