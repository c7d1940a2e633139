// How many fields a row may have, which depends on the header.

import { isBlank } from '../../../db/catalogue/product-rules.ts';

export interface FieldCountRange {
  /** Number of columns in the header. */
  columns: number;
  /** Minimum for a row: unnamed columns at the end of the header may be missing. */
  min: number;
}

export function fieldCountRange(columns: readonly string[]): FieldCountRange {
  return { columns: columns.length, min: minFieldCount(columns) };
}

/** @returns the minimum for a row: unnamed columns at the end of the header may be missing */
export function minFieldCount(columns: readonly string[]): number {
  return 1 + columns.findLastIndex((column) => !isBlank(column));
}

/**
 * @param delimiters number of delimiters outside quotes in the record
 * @param endsEmpty whether the record ends with a delimiter
 */
export function isValidFieldCount(
  { columns, min }: FieldCountRange,
  delimiters: number,
  endsEmpty: boolean,
): boolean {
  const fields = delimiters + 1;
  return (fields >= min && fields <= columns) || (fields === columns + 1 && endsEmpty);
}
