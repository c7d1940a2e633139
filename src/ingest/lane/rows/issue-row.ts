// Restores a row of an issues download that is sent back.

import { SUPERSEDED } from '../../../codes/row-issue-codes.ts';
import { unguardedStart } from '../../read/formula-guard.ts';
import { isGuarded } from './issue-columns.ts';
import type { Field, Row } from './row.ts';

/**
 * Removes formula guards, and sets `isSuperseded`.
 *
 * @param code the row's code column
 */
export function restoreIssueRow(row: Row, code: Field): void {
  const text = Buffer.from(code.bytes.subarray(code.start, code.end)).toString();
  row.isSuperseded = text.trim() === SUPERSEDED;
  if (!isGuarded(text)) return;
  for (const field of [row.sku, row.name, row.description]) {
    field.start = unguardedStart(field.bytes, field.start, field.end);
  }
}
