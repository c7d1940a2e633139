// Restores a row of an issues download that is sent back.

import { SUPERSEDED } from '../../../codes/row-issue-codes.ts';
import { unguardedStart } from '../../read/formula-guard.ts';
import { isGuarded } from '../../read/header/issue-columns.ts';
import type { Field, Row } from './row.ts';

/**
 * Removes formula guards, and sets `isSuperseded`.
 *
 * @param code the row's code column
 * @returns whether the values of the row have guards
 */
export function restoreIssueRow(row: Row, code: Field): boolean {
  const text = Buffer.from(code.bytes.subarray(code.start, code.end)).toString();
  row.isSuperseded = text.trim() === SUPERSEDED;
  if (!isGuarded(text)) return false;
  for (const field of [row.sku, row.name, row.description]) {
    field.start = unguardedStart(field.bytes, field.start, field.end);
  }
  return true;
}
