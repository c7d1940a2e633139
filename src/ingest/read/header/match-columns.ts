// Which column of a header becomes which field of a product: the one that the client names, or the one with the field's name,
// or else the one that has the usual name of a shop system's export.

import { isBlank, trimBlank } from '../../../db/catalogue/product-rules.ts';
import type { ColumnMapping, FieldDefaults, ProductField } from '../../../db/tables.ts';
import { guardFormula, unguardFormula } from '../formula-guard.ts';
import { normalizeColumnName, REQUIRED_COLUMNS } from './column-names.ts';
import { fieldColumnName } from './export-columns.ts';
import { addedIssueColumns } from './issue-columns.ts';
import { shopColumns } from './shop-columns.ts';

/** What a client says about the columns of its file. */
export interface ColumnOptions {
  /** Of each field at most one column, and of each column at most one field. */
  mapping?: readonly ColumnMapping[] | undefined;
  /** Values for fields without a column, and for blank ones. */
  defaults?: FieldDefaults | undefined;
  /** Whether columns that become no field are kept as attributes. Default: false. */
  keepColumns?: boolean | undefined;
}

/** A column that becomes an attribute. */
export interface KeptColumn {
  index: number;
  /** Of the attribute: that of the column, without blanks around it. */
  name: string;
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
  /** In the order of the header. */
  kept: KeptColumn[];
  /** Names of attributes that several columns would become. */
  duplicateKept: string[];
}

export function matchColumns(
  header: readonly string[],
  { mapping = [], defaults = {}, keepColumns = false }: ColumnOptions,
): ColumnMatch {
  const names = header.map(normalizeColumnName);
  const match: ColumnMatch = {
    found: {},
    unknown: [],
    missing: [],
    ambiguous: [],
    duplicate: [],
    kept: [],
    duplicateKept: [],
  };
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
    const indexes = indexesOf(fieldColumnName(field, names));
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
  if (keepColumns) {
    match.kept = attributeColumns(header).filter(({ index }) => !taken.has(index));
    match.duplicateKept = repeated(match.kept.map(({ name }) => name));
  }
  return match;
}

/** @returns columns that can become attributes: those that have a name, without those that a download of issues adds */
function attributeColumns(header: readonly string[]): KeptColumn[] {
  const added = addedIssueColumns(header);
  return header.flatMap((column, index) => {
    const name = trimBlank(added.length > 0 ? unguardFormula(column) : column);
    return name === '' || isBlank(name) || added.includes(index) ? [] : [{ index, name }];
  });
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
}

/** Whether the header names all columns that it needs to; some of them perhaps more than once. */
export function isComplete({ unknown, missing }: ColumnMatch): boolean {
  return unknown.length === 0 && missing.length === 0;
}
