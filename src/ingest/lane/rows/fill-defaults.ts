// Fills blank fields of a row with the values that the client chose for them.

import type { FieldDefaults } from '../../../db/tables.ts';
import { isBlankField } from './bytes.ts';
import type { Field, Row, RowLayout } from './row.ts';

type Default = { field: keyof FieldDefaults; value: Uint8Array; hasColumn: boolean };

/** @returns undefined if there are no defaults */
export function defaultsFiller(layout: RowLayout): ((row: Row) => void) | undefined {
  const { defaults = {}, nameIndex, descriptionIndex } = layout;
  const indexes = { name: nameIndex, description: descriptionIndex };
  const given = Object.entries(defaults).map(([key, value]): Default => {
    const field = key as keyof FieldDefaults;
    return { field, value: Buffer.from(value), hasColumn: indexes[field] >= 0 };
  });
  if (given.length === 0) return undefined;
  return (row) => {
    for (const { field, value, hasColumn } of given) {
      if (!hasColumn || isBlankField(row[field])) setField(row[field], value);
    }
  };
}

export function setField(field: Field, value: Uint8Array): void {
  field.bytes = value;
  field.start = 0;
  field.end = value.length;
}
