// The columns of an export of products. Imported again with `keepColumns`, each becomes what it was: also if an attribute
// has the name of a field, or the last attributes have those of the columns that a download of issues adds.

import type { ExportColumn } from '../../../db/catalogue/catalogue-export.ts';
import type { ProductField } from '../../../db/tables.ts';
import { normalizeColumnName } from './column-names.ts';
import { addedIssueColumns } from './issue-columns.ts';

/** Stands before the name of a field that an attribute has. */
const PREFIX = 'loadstone_';

/** @returns the name of the column that has this field, if any has: the one with the longest prefix */
export function fieldColumnName(field: ProductField, names: readonly string[]): string {
  let name: string = field;
  while (names.includes(PREFIX + name)) name = PREFIX + name;
  return name;
}

/**
 * @param hasHeaderLike whether a product has `sku`, `name` and `description` as its values: the header is then another, as
 *   the product would be rejected as a repeated header
 * @returns the columns in order, and their names
 */
export function exportColumns(
  attributes: readonly string[],
  hasHeaderLike = false,
): { columns: ExportColumn[]; header: string[] } {
  const taken = new Set(attributes.map(normalizeColumnName));
  if (hasHeaderLike) taken.add('sku');
  const columns: ExportColumn[] = [
    { field: 'sku' },
    { field: 'name' },
    { field: 'description' },
    ...attributes.map((attribute) => ({ attribute })),
  ];
  const headerOf = (ordered: readonly ExportColumn[]) =>
    ordered.map((column) => ('field' in column ? freeName(column.field, taken) : column.attribute));
  const isLikeIssues = addedIssueColumns(headerOf(columns)).length > 0;
  const ordered = isLikeIssues ? [...columns.toSpliced(2, 1), { field: 'description' } as const] : columns;
  return { columns: ordered, header: headerOf(ordered) };
}

/** The counterpart of `fieldColumnName`. */
function freeName(field: ProductField, taken: ReadonlySet<string>): string {
  let name: string = field;
  while (taken.has(name) || taken.has(PREFIX + name)) name = PREFIX + name;
  return name;
}
