// The columns that a download of issues has behind those of its file, and how a file tells that it is such a download,
// sent back: its superseded rows are passed over, and what was done to values for spreadsheets is undone.

import { REJECTION_CODES, SUPERSEDED } from '../../../codes/row-issue-codes.ts';

/** The order in which they follow the columns of the file. */
const ISSUE_COLUMNS = ['line', 'code', 'message', 'record'];
/** Those without which a file is none: people delete what they do not need. */
const NEEDED_COLUMNS = [0, 1];

/** @returns the names of the further columns, so that none is that of a column of the file */
export function issueColumns(columns: readonly string[]): string[] {
  const taken = new Set(columns.map(plain));
  return ISSUE_COLUMNS.map((name) => {
    let free = name;
    while (taken.has(free)) free = `issue_${free}`;
    return free;
  });
}

/**
 * @param columns the header of a file
 * @returns where the code stands in its rows, when the file is a download of issues; undefined when it is not
 */
export function issueCodeIndex(columns: readonly string[]): number | undefined {
  for (let count = ISSUE_COLUMNS.length; count >= NEEDED_COLUMNS.length; count--) {
    const at = columns.length - count;
    const names = issueColumns(columns.slice(0, at));
    const found = columns.slice(at).map((column) => names.indexOf(plain(column)));
    const isInOrder = found.every((place, index) => place > (found[index - 1] ?? -1));
    if (at > 0 && isInOrder && NEEDED_COLUMNS.every((place) => found.includes(place))) {
      return at + found.indexOf(1);
    }
  }
  return undefined;
}

const CODES: ReadonlySet<string> = new Set([...Object.keys(REJECTION_CODES), SUPERSEDED, '']);

/**
 * Whether a row of a download of issues has guarded values, by its code: one of ours, or none in a row that someone
 * added. With any other it is from a file that has such columns itself.
 */
export function isGuarded(code: string): boolean {
  return CODES.has(code.trim());
}

function plain(column: string): string {
  return column.trim().toLowerCase();
}
