// The import that an address names.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ImportStore } from '../../db/imports/import-store.ts';
import { isUuid } from '../../db/postgres/sql/is-uuid.ts';
import { httpError } from '../http-error.ts';

/**
 * @param field of the API that has such addresses
 * @throws an HTTP error 404 if there is no such import
 */
export async function findImport(
  importStore: Pick<ImportStore, 'get'>,
  id: string,
  field: string,
): Promise<ImportRecord> {
  const record = isUuid(id) ? await importStore.get(id) : undefined;
  if (record) return record;
  throw httpError(404, 'NOT_FOUND', `There is no import ${id}. Use the URL from ${field}.`);
}
