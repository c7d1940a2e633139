// What the columns of an inspected file become.

import { FIELDS, type ProductField, type ReadingDraft } from '../../../api/reading-draft.ts';
import type { Inspection } from '../../../api/upload/inspect-file.ts';
import { FIELD_LABELS } from '../../../components/reading/field-labels.ts';

export interface Column {
  /** Its position in the header. */
  index: number;
  name: string;
  field: ProductField | undefined;
  /** Whether it was recognized as the column of a shop system's export. */
  isGuessed: boolean;
  /** Whether it is kept as an attribute. */
  isKept: boolean;
  /** The first different values, without empty ones. */
  values: string[];
}

const SHOWN_VALUES = 3;

export function columnsOf(inspection: Inspection, draft: ReadingDraft): Column[] {
  const { columns, rows, suggestedMapping, keptColumns, error } = inspection;
  const split = rows.filter(({ values }) => values.length === columns.length);
  const fields = new Map<number, ProductField>();
  for (const field of FIELDS) {
    // Without an error, an import does what is suggested.
    const isOffered = error === null || !draft.unchosen.includes(field);
    const suggested = isOffered ? suggestedMapping.find((each) => each.field === field)?.column : undefined;
    const column = draft.mapping[field] ?? suggested;
    const index = column === undefined ? -1 : columns.findIndex((name) => isSame(name, column));
    if (index >= 0) fields.set(index, field);
  }
  return columns.map((name, index) => ({
    index,
    name,
    field: fields.get(index),
    isGuessed: suggestedMapping.some(
      (each) => each.isGuessed && each.field === fields.get(index) && isSame(each.column, name),
    ),
    isKept: draft.keepColumns && !fields.has(index) && keptColumns.some((kept) => isSame(kept, name)),
    values: [...new Set(split.map(({ values }) => values[index] ?? ''))]
      .filter((value) => value.trim() !== '')
      .slice(0, SHOWN_VALUES),
  }));
}

/** SKU from “Variant SKU”, Name from “Title” */
export function columnSummary(columns: readonly Column[]): string {
  const parts = FIELDS.flatMap((field) => {
    const column = columns.find((each) => each.field === field);
    return column ? [`${FIELD_LABELS[field]} from “${column.name}”`] : [];
  });
  return parts.join(', ');
}

/** Fields without a column and without a value for all products. */
export function missingFields(columns: readonly Column[], { defaults }: ReadingDraft): ProductField[] {
  return FIELDS.filter(
    (field) =>
      !columns.some((column) => column.field === field) && (field === 'SKU' || defaults[field] === undefined),
  );
}

/** What changes when a column is to become a field, or none. Each field has one column at most. */
export function choose(
  { mapping, unchosen }: ReadingDraft,
  column: Column,
  field: ProductField | undefined,
): Pick<ReadingDraft, 'mapping' | 'unchosen'> {
  const others = Object.entries(mapping).filter(
    ([each, name]) => each !== field && !isSame(name, column.name),
  );
  const left = unchosen.filter((each) => each !== field);
  return {
    mapping: Object.fromEntries(field ? [...others, [field, column.name]] : others),
    unchosen: !field && column.field ? [...left, column.field] : left,
  };
}

/** What the server suggests where an import would not know what to do; undefined if that is nothing new. */
export function suggestedChoices(
  { suggestedMapping, error }: Inspection,
  { mapping, unchosen }: ReadingDraft,
): ReadingDraft['mapping'] | undefined {
  if (!error) return undefined;
  const fresh = suggestedMapping.filter(
    ({ field, column }) => mapping[field] === undefined && !unchosen.includes(field) && column.trim() !== '',
  );
  if (fresh.length === 0) return undefined;
  return { ...Object.fromEntries(fresh.map(({ field, column }) => [field, column])), ...mapping };
}

/** As the server compares names of columns. */
function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
