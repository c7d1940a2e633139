// Suggests a mapping to a person: what an import would do, and for the fields that it would miss, what is probably meant.

import type { MappedColumn } from '../../../db/tables.ts';
import { guessColumn, REQUIRED_COLUMNS } from './column-names.ts';
import type { Header } from './header.ts';

export function suggestMapping({ columns, mapping }: Pick<Header, 'columns' | 'mapping'>): MappedColumn[] {
  const missing = REQUIRED_COLUMNS.filter((field) => !mapping.some((mapped) => mapped.field === field));
  const free = columns.filter((column) => !mapping.some((mapped) => mapped.column === column));
  const suggested = missing.flatMap((field) => {
    const meant = free.filter((column) => guessColumn(column) === field);
    const [column] = meant;
    return column !== undefined && meant.length === 1 ? [{ column, field, isGuessed: true }] : [];
  });
  return [...mapping, ...suggested].toSorted(
    (one, other) => columns.indexOf(one.column) - columns.indexOf(other.column),
  );
}
