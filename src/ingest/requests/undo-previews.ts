// What undoing an import would do: a query, though undoing is the work of an import.

import { ImportStore } from '../../db/imports/import-store.ts';
import { previewUndo, type UndoPreview } from '../../db/merge/undo/preview-undo.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { requireImport } from './require-import.ts';
import { requireUndoable } from './undo-refusal.ts';

export class UndoPreviews {
  readonly #database: Database;
  readonly #store: ImportStore;
  readonly #undoDays: number;

  /** @param settings.undoDays how long an import can be undone */
  constructor(database: Database, { undoDays }: { undoDays: number }) {
    this.#database = database;
    this.#store = new ImportStore(database);
    this.#undoDays = undoDays;
  }

  /**
   * @param signal cancels the query
   * @throws LoadstoneError NOT_FOUND, IMPORT_UNFINISHED, BEING_UNDONE, ALREADY_UNDONE, UNDO_EXPIRED, QUERY_TIMEOUT
   */
  async of(id: string, signal?: AbortSignal): Promise<UndoPreview> {
    const record = await requireImport(this.#database, this.#store, id);
    const earlier = await this.#store.undoOf(id);
    requireUndoable(record, earlier, this.#undoDays);
    return previewUndo(this.#database, id, earlier?.number, signal);
  }
}
