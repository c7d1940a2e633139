// Prepares the fields of a row before it is validated: decodes line breaks of a sheet, and fills blank fields with the values
// that the client chose for them.

import type { FieldDefaults } from '../../../db/tables.ts';
import { decodeBreakBytes } from '../../read/text/coded-breaks.ts';
import { isBlankField } from './bytes.ts';
import type { Field, Row, RowLayout } from './row.ts';

type Prepare = (row: Row) => void;

/** @returns undefined if there is nothing to do, as for most files */
export function rowPreparation(layout: RowLayout): Prepare | undefined {
  const fill = defaultsFiller(layout);
  if (!layout.hasCodedBreaks) return fill;
  return (row) => {
    for (const field of [row.sku, row.name, row.description]) {
      setField(field, decodeBreakBytes(field.bytes.subarray(field.start, field.end)));
    }
    fill?.(row);
  };
}

export function setField(field: Field, value: Uint8Array): void {
  field.bytes = value;
  field.start = 0;
  field.end = value.length;
}

function defaultsFiller({ defaults = {}, nameIndex, descriptionIndex }: RowLayout): Prepare | undefined {
  const indexes = { name: nameIndex, description: descriptionIndex };
  const given = Object.entries(defaults).map(([key, value]) => {
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
