// The order of the fields in the records of a file.

import type { ImportRecord } from '../db/imports/import-store.ts';
import type { ProductField } from '../db/tables.ts';
import { normalizeColumnName } from './read/header/column-names.ts';

/** @returns the fields that the columns of the file become, in the order of the header */
export function mappedFields({
  columns,
  mapping,
}: Pick<ImportRecord, 'columns' | 'mapping'>): ProductField[] {
  if (mapping) return mapping.map(({ field }) => field);
  // Of an import that an earlier version has loaded, all columns have the names of fields, or their records are staged.
  return (columns ?? []).map((column) => normalizeColumnName(column) as ProductField);
}
