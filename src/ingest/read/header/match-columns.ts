// Which column of a header becomes which field of a product: the one that the client names, or the one with the field's name,
// or else the one that has the usual name of a shop system's export.

import type { ColumnMapping, FieldDefaults, ProductField } from '../../../db/tables.ts';
import { guardFormula } from '../formula-guard.ts';
import { normalizeColumnName, REQUIRED_COLUMNS } from './column-names.ts';
import { shopColumns } from './shop-columns.ts';

/** What a client says about the columns of its file. */
export interface ColumnOptions {
  /** Of each field at most one column, and of each column at most one field. */
  mapping?: readonly ColumnMapping[] | undefined;
  /** Values for fields without a column, and for blank ones. */
  defaults?: FieldDefaults | undefined;
}

interface FoundColumn {
  index: number;
  isGuessed: boolean;
}

export interface ColumnMatch {
  found: Partial<Record<ProductField, FoundColumn>>;
  /** Columns of the mapping that the header does not have. */
  unknown: string[];
  /** Fields without a column and without a default. */
  missing: ProductField[];
  /** Fields for which several columns have a usual name. */
  ambiguous: { field: ProductField; columns: string[] }[];
  /** Names, in lower case, of columns that are needed and occur more than once. */
  duplicate: string[];
}

export function matchColumns(
  header: readonly string[],
  { mapping = [], defaults = {} }: ColumnOptions,
): ColumnMatch {
  const names = header.map(normalizeColumnName);
  const match: ColumnMatch = { found: {}, unknown: [], missing: [], ambiguous: [], duplicate: [] };
  const taken = new Set<number>();
  const indexesOf = (name: string) =>
    names.flatMap((other, index) => (other === name && !taken.has(index) ? [index] : []));
  const take = (field: ProductField, indexes: readonly number[], isGuessed: boolean) => {
    const [index = 0] = indexes;
    match.found[field] = { index, isGuessed };
    for (const each of indexes) taken.add(each);
    if (indexes.length > 1) match.duplicate.push(names[index] ?? '');
  };

  for (const { column, field } of mapping) {
    const name = normalizeColumnName(column);
    // A download of issues guards names too.
    const indexes = [name, guardFormula(name)].map(indexesOf).find(({ length }) => length > 0) ?? [];
    if (indexes.length > 0) take(field, indexes, false);
    else match.unknown.push(column);
  }
  const others = REQUIRED_COLUMNS.filter((field) => !mapping.some((given) => given.field === field));
  for (const field of others) {
    const indexes = indexesOf(field);
    if (indexes.length > 0) take(field, indexes, false);
  }
  for (const field of others.filter((field) => !match.found[field])) {
    const guesses = shopColumns(header, field).filter((index) => !taken.has(index));
    const distinct = new Set(guesses.map((index) => names[index]));
    if (distinct.size > 1) {
      match.ambiguous.push({ field, columns: guesses.map((index) => header[index] ?? '') });
    } else if (guesses.length > 0) take(field, guesses, true);
    else if (field === 'sku' || defaults[field] === undefined) match.missing.push(field);
  }
  return match;
}

/** Whether the header names all columns that it needs to; some of them perhaps more than once. */
export function isComplete({ unknown, missing }: ColumnMatch): boolean {
  return unknown.length === 0 && missing.length === 0;
}
