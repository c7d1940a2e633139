// The import that a client names.

import { deletedAmong, importDeleted } from '../../db/imports/delete-imports.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ImportStore } from '../../db/imports/import-store.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { LoadstoneError } from '../../errors.ts';

/** @throws LoadstoneError NOT_FOUND, IMPORT_DELETED */
export async function requireImport(
  database: Database,
  store: Pick<ImportStore, 'get'>,
  id: string,
): Promise<ImportRecord> {
  const record = await store.get(id);
  if (record) return record;
  throw (await deletedAmong(database, [id])).has(id) ? importDeleted(id) : importNotFound(id);
}

export function importNotFound(id: string): LoadstoneError {
  return new LoadstoneError('NOT_FOUND', `There is no import with the id ${id}.`);
}
