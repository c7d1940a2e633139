// A row of a download of issues that is sent back.

import { unguardedStart } from '../formula-guard.ts';
import { type Field, REJECTION_CODES, type Row } from './row.ts';

const SUPERSEDED = 'SUPERSEDED';
/** Of rows that were rejected, and of those that someone added. */
const CODES: ReadonlySet<string> = new Set([...REJECTION_CODES, '']);

/**
 * Takes off what the download put before values. Of a row whose code is none of ours nothing is changed: it may be from
 * a file that has such columns itself.
 *
 * @param code the row's field of that name
 */
export function restoreIssueRow(row: Row, code: Field): void {
  const found = Buffer.from(code.bytes.subarray(code.start, code.end)).toString().trim();
  row.isPassedOver = found === SUPERSEDED;
  if (!CODES.has(found)) return;
  for (const field of [row.sku, row.name, row.description]) {
    field.start = unguardedStart(field.bytes, field.start, field.end);
  }
}
