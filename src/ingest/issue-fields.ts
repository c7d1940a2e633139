// The fields of a row that did not reach the catalogue.

import type { ImportRecord } from '../db/imports/import-record.ts';
import { isRecordTruncated, type RowIssue } from '../db/imports/row-issue-store.ts';
import { guardFormula, unguardFormula } from './read/formula-guard.ts';
import { isGuarded, issueCodeIndex } from './read/header/issue-columns.ts';
import { type RecordDialect, splitRecord } from './read/records/split-record.ts';

/** Where a record cannot be divided as its file says, anything that looks like fields is a guess. */
const NO_FIELDS = new Set(['UNBALANCED_QUOTE', 'WRONG_FIELD_COUNT']);

/**
 * U+FFFD stands for what could not be read.
 *
 * @returns the values in the order of the columns, without formula guards; undefined if the record could not be split, or
 *   only its start is kept
 */
export function issueFields(issue: RowIssue, record: ImportRecord): string[] | undefined {
  const columns = record.columns ?? [];
  if (NO_FIELDS.has(issue.code) || isRecordTruncated(issue)) return undefined;
  const fields = splitRecord(issue.record, recordDialect(record), columns);
  return fields && isGuardedRow(fields, columns) ? fields.map(unguardFormula) : fields;
}

/** @returns the values as a file with these columns has them: with formula guards, if it is a download of issues */
export function asInFile(values: readonly string[], columns: readonly string[]): string[] {
  return isGuardedRow(values, columns) ? values.map(guardFormula) : [...values];
}

export function recordDialect({ delimiter, quoting, skipInitialSpace }: ImportRecord): RecordDialect {
  return { delimiter: delimiter ?? ',', quoting, skipInitialSpace };
}

function isGuardedRow(values: readonly string[], columns: readonly string[]): boolean {
  const codeIndex = issueCodeIndex(columns);
  return codeIndex !== undefined && isGuarded(values[codeIndex] ?? '');
}
