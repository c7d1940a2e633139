// How many fields a row may have.

import { isBlank } from '../../../db/catalogue/product-rules.ts';

export interface RowShape {
  /** Columns of the header. */
  columns: number;
  /** Those that a row needs: without nameless ones at the end of the header. */
  fewest: number;
}

export function shapeOf(columns: readonly string[]): RowShape {
  return { columns: columns.length, fewest: fewestFields(columns) };
}

/** @returns how many fields a row needs: those of the header without nameless ones at its end */
export function fewestFields(columns: readonly string[]): number {
  return 1 + columns.findLastIndex((column) => !isBlank(column));
}

/**
 * @param delimiters of a record, outside of quotes
 * @param endsEmpty whether nothing stands behind the last of them
 */
export function isWhole({ columns, fewest }: RowShape, delimiters: number, endsEmpty: boolean): boolean {
  const fields = delimiters + 1;
  return (fields >= fewest && fields <= columns) || (fields === columns + 1 && endsEmpty);
}
