// Validates the options of an import before its file is read.

import type { ImportOptions } from '../ingest/upload-receiver.ts';
import { badInput, checkId, withoutNulls } from './bad-input.ts';
import { type ColumnOptionsInput, readColumnOptions } from './column-options.ts';
import { checkDialect, type DialectInput } from './dialect.ts';

export interface ImportOptionsInput extends DialectInput, ColumnOptionsInput {
  id?: string | null | undefined;
  maxRejectedRows?: number | null | undefined;
}

/** @throws LoadstoneError BAD_USER_INPUT, with the name of the invalid option */
export function readImportOptions(input: ImportOptionsInput | null | undefined): ImportOptions {
  const { mapping, defaults, ...others } = input ?? {};
  const options: ImportOptions = withoutNulls(others);
  const { id, maxRejectedRows } = options;
  checkDialect(options);
  checkMaxRejectedRows(maxRejectedRows);
  return {
    ...options,
    ...withoutNulls(readColumnOptions({ mapping, defaults })),
    ...(id !== undefined && { id: checkId('id', id) }),
  };
}

/** @throws LoadstoneError BAD_USER_INPUT */
export function checkMaxRejectedRows(rows: number | null | undefined): void {
  if (typeof rows === 'number' && rows < 0) {
    throw badInput('`maxRejectedRows` must be 0 or more.', 'maxRejectedRows');
  }
}
