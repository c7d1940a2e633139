// What previewed imports would have done, as `ImportStore.makeReady` stores it.

import { inArray } from 'drizzle-orm';
import type { Database } from '../postgres/connection/database.ts';
import { type ImportPreview, importPreviews } from '../tables.ts';

export class ImportPreviewStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order of the ids; null for an import without a preview. */
  async getMany(importIds: readonly string[]): Promise<(ImportPreview | null)[]> {
    const found = await this.#database.orm
      .select()
      .from(importPreviews)
      .where(inArray(importPreviews.importId, [...importIds]));
    const byId = new Map(found.map(({ importId, preview }) => [importId, preview]));
    return importIds.map((id) => byId.get(id) ?? null);
  }
}
