// A rejected row while it is corrected: its values or, if it could not be split into fields, its text.

import type { ImportState } from '../../../api/live/import-state.ts';
import type { Issue } from './documents.ts';

export interface RowDraft {
  /** In the order of the columns. */
  values?: readonly string[];
  record?: string;
}

/** What is wrong with a row, and in which column if it is a single one. */
export interface RowFault {
  code: string;
  column: string | null;
  message: string;
}

/** The parts of an import that say what a row looks like. */
export type FileForm = Pick<ImportState, 'columns' | 'delimiter' | 'quoting'>;

/** Of a longer record, the server keeps only the beginning. */
const KEPT_BYTES = 10_000;
export const REPLACEMENT_CHARACTER = '\ufffd';
const BYTE_FAULTS = new Set(['NUL_CHARACTER', 'INVALID_UTF8', 'INVALID_ENCODING']);

/** The row as it was corrected last, or else as it is in the file. One that is not known as a whole is empty. */
export function draftOf(issue: Issue, form: FileForm): RowDraft {
  const corrected = issue.correction?.rows ?? [];
  const [first] = corrected;
  if (first && corrected.length === 1) return { values: first.values };
  if (first)
    return {
      record: textOf(
        corrected.map(({ values }) => values),
        form,
      ),
    };
  if (issue.values) return { values: issue.values };
  return isCut(issue) ? { values: (form.columns ?? []).map(() => '') } : { record: issue.record };
}

/** Whether only the beginning of the row is known. */
export function isCut({ values, code, record }: Issue): boolean {
  return (
    values === null && (code === 'RECORD_TOO_LARGE' || new TextEncoder().encode(record).length >= KEPT_BYTES)
  );
}

export function isSame(one: RowDraft, other: RowDraft): boolean {
  if (one.values && other.values) return one.values.every((value, index) => value === other.values?.[index]);
  return one.record !== undefined && one.record === other.record;
}

/** Whether � in the row stands for a character that could not be read. */
export function hasLostBytes({ code }: Issue): boolean {
  return BYTE_FAULTS.has(code);
}

/** The reason why the row is not in the catalogue, after its last correction. */
export function faultOf({ correction, ...issue }: Issue): RowFault {
  const again = correction?.rows.find((row) => row.issue)?.issue;
  if (!again) return issue;
  // Their messages name lines of the correction, which the user does not see.
  if (again.code === 'SUPERSEDED') {
    return { ...again, message: 'Another of the corrected rows has the same SKU, and was imported instead.' };
  }
  if (again.code === 'DUPLICATE_SKU') {
    return {
      ...again,
      message: 'Several of the corrected rows have this SKU, so none of them was imported.',
    };
  }
  return again;
}

export function isOpen({ kind, correction }: Issue): boolean {
  return kind === 'REJECTED' && correction?.status !== 'CORRECTED' && correction?.status !== 'PENDING';
}

function textOf(rows: readonly (readonly string[])[], { delimiter, quoting }: FileForm): string {
  const between = delimiter ?? ',';
  const quoted = (value: string) =>
    quoting === 'STANDARD' && (value.includes(between) || /["\r\n]/.test(value))
      ? `"${value.replaceAll('"', '""')}"`
      : value;
  return rows.map((values) => values.map(quoted).join(between)).join('\n');
}
