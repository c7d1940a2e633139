// What a client said about columns, as it is shown to clients.

import type { ColumnMapping, FieldDefaults, MappedColumn, ProductField } from '../../db/tables.ts';

export interface FieldDefault {
  field: ProductField;
  value: string;
}

/** @param given null if nothing was given */
export function mappingOf(given: readonly ColumnMapping[] | null): MappedColumn[] {
  return (given ?? []).map((each) => ({ ...each, isGuessed: false }));
}

/** @param defaults null if nothing was given */
export function defaultsOf(defaults: FieldDefaults | null): FieldDefault[] {
  return Object.entries(defaults ?? {}).map(([field, value]) => ({ field: field as ProductField, value }));
}
