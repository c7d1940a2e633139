// A row of a download of issues that is sent back.

import { SUPERSEDED } from '../../../codes/row-issue-codes.ts';
import { unguardedStart } from './formula-guard.ts';
import { isGuarded } from './issue-columns.ts';
import type { Field, Row } from './row.ts';

/**
 * Takes off what the download put before values, and tells whether the row is passed over.
 *
 * @param code the row's field of that name
 */
export function restoreIssueRow(row: Row, code: Field): void {
  const text = Buffer.from(code.bytes.subarray(code.start, code.end)).toString();
  row.isSuperseded = text.trim() === SUPERSEDED;
  if (!isGuarded(text)) return;
  for (const field of [row.sku, row.name, row.description]) {
    field.start = unguardedStart(field.bytes, field.start, field.end);
  }
}
