// Findings of a verification: how many there are, and the first of them.

/** The number of items, and the first of them. */
export interface Listed<Item> {
  total: number;
  first: Item[];
}

/** How many items are listed. */
export const LISTED = 20;

/** @param rows the first of the items, each with the number of all of them */
export function listed<Item extends object>(rows: readonly (Item & { total: number })[]): Listed<Item> {
  const first = rows.map(({ total: _, ...item }) => item as unknown as Item);
  return { total: rows[0]?.total ?? 0, first };
}
