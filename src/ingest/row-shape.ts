// How many fields a row may have.

export interface RowShape {
  /** Columns of the header. */
  columns: number;
}

/**
 * @param delimiters of a record, outside of quotes
 * @param endsEmpty whether nothing stands behind the last of them
 */
export function isWhole({ columns }: RowShape, delimiters: number, endsEmpty: boolean): boolean {
  const fields = delimiters + 1;
  return fields === columns || (fields === columns + 1 && endsEmpty);
}
