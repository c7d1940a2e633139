// What the columns of a file become, in the order of its records.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ColumnUse } from '../../db/merge/superseded/superseded-issues.ts';
import type { ProductField } from '../../db/tables.ts';
import { normalizeColumnName } from '../read/header/column-names.ts';

/** @returns all columns, in the order of the header; without those that become nothing, if there are any */
export function columnUses({
  columns,
  mapping,
  keptColumns,
}: Pick<ImportRecord, 'columns' | 'mapping' | 'keptColumns'>): ColumnUse[] {
  // Of an import that an earlier version has loaded, all columns have the names of fields, or their records are staged.
  if (!mapping)
    return (columns ?? []).map((column) => ({ field: normalizeColumnName(column) as ProductField }));
  if (!keptColumns) return mapping.map(({ field }) => ({ field }));
  const attributes = keptColumns.values();
  return (columns ?? []).flatMap((column): ColumnUse[] => {
    const mapped = mapping.find((each) => each.column === column);
    if (mapped) return [{ field: mapped.field }];
    const attribute = attributes.next().value;
    return attribute === undefined ? [] : [{ attribute }];
  });
}
