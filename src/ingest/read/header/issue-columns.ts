// The columns that an issues download has after those of its file. By them a file is recognized as an issues download that is
// sent back: then its superseded rows are skipped, and formula guards are removed.

import { ROW_ISSUE_CODES } from '../../../codes/row-issue-codes.ts';

/** In order. */
const ISSUE_COLUMNS = ['line', 'code', 'message', 'record'];
/** Indexes of those that must be there; people delete columns that they do not need. */
const REQUIRED = [0, 1];

/** @returns the names of the added columns, made unique among the columns of the file */
export function issueColumns(columns: readonly string[]): string[] {
  const taken = new Set(columns.map(normalize));
  return ISSUE_COLUMNS.map((name) => {
    let free = name;
    while (taken.has(free)) free = `issue_${free}`;
    return free;
  });
}

/**
 * @param columns the header of a file
 * @returns the index of the code column if the file is an issues download
 */
export function issueCodeIndex(columns: readonly string[]): number | undefined {
  return findIssueColumns(columns)?.code;
}

/** @returns the indexes of the columns that a download of issues has added; none if the file is no such download */
export function addedIssueColumns(columns: readonly string[]): number[] {
  const first = findIssueColumns(columns)?.first ?? columns.length;
  return columns.flatMap((_, index) => (index >= first ? [index] : []));
}

function findIssueColumns(columns: readonly string[]): { first: number; code: number } | undefined {
  for (let count = ISSUE_COLUMNS.length; count >= REQUIRED.length; count--) {
    const at = columns.length - count;
    const names = issueColumns(columns.slice(0, at));
    const found = columns.slice(at).map((column) => names.indexOf(normalize(column)));
    const isInOrder = found.every((place, index) => place > (found[index - 1] ?? -1));
    if (at > 0 && isInOrder && REQUIRED.every((place) => found.includes(place))) {
      return { first: at, code: at + found.indexOf(1) };
    }
  }
  return undefined;
}

const CODES: ReadonlySet<string> = new Set([...Object.keys(ROW_ISSUE_CODES), '']);

/**
 * Whether the values of a row have formula guards: its code must be one of ours, or empty in a row that someone added. With
 * any other code, the file has columns of these names itself.
 */
export function isGuarded(code: string): boolean {
  return CODES.has(code.trim());
}

function normalize(column: string): string {
  return column.trim().toLowerCase();
}
