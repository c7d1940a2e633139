// How many fields a row may have.

import { isBlank } from '../../../db/catalogue/product-rules.ts';

export interface FieldCountRange {
  /** Columns of the header. */
  columns: number;
  /** Those that a row needs: without nameless ones at the end of the header. */
  min: number;
}

export function fieldCountRange(columns: readonly string[]): FieldCountRange {
  return { columns: columns.length, min: minFieldCount(columns) };
}

/** @returns how many fields a row needs: those of the header without nameless ones at its end */
export function minFieldCount(columns: readonly string[]): number {
  return 1 + columns.findLastIndex((column) => !isBlank(column));
}

/**
 * @param delimiters of a record, outside of quotes
 * @param endsEmpty whether nothing stands behind the last of them
 */
export function isValidFieldCount(
  { columns, min }: FieldCountRange,
  delimiters: number,
  endsEmpty: boolean,
): boolean {
  const fields = delimiters + 1;
  return (fields >= min && fields <= columns) || (fields === columns + 1 && endsEmpty);
}
