// Names by a part of them, letter case aside.
//
// The names that have a part are found first, and then looked up by `= ANY`, in statements of their own. So the
// planner knows how many there are, and no estimate of it, which may be of another time, can turn a look-up into a
// walk along the whole table for each name.

import type postgres from 'postgres';

/** Names that are found before it counts as a part that too many have. Some of them no product has any more. */
const FEW_CANDIDATES = 20_000;
/** A trigram index knows parts of this length, in characters; for shorter ones it would be read as a whole. */
const INDEXED_LENGTH = 3;

/**
 * Where they are few, the rest of the transaction is planned by indexes, for look-ups of these names.
 *
 * @returns the names that have the part, and some that no product has any more; undefined when they are not few
 */
export async function namesContaining(
  sql: postgres.TransactionSql,
  part: string,
): Promise<string[] | undefined> {
  await planByIndexes(sql, [...part].length >= INDEXED_LENGTH);
  const found = await sql<{ name: string }[]>`
    SELECT name FROM product_name_search WHERE fold_name(name) LIKE fold_name(${patternOf(part)})
    LIMIT ${FEW_CANDIDATES + 1}`;
  const newest = await sql<{ name: string }[]>`
    SELECT name FROM product_names_unindexed WHERE ${hasPart(sql, part)} LIMIT ${FEW_CANDIDATES + 1}`;
  const names = new Set([...found, ...newest].map(({ name }) => name));
  const few = names.size <= FEW_CANDIDATES;
  await planByIndexes(sql, few);
  return few ? [...names] : undefined;
}

/** Has the transaction use an index wherever one fits, whatever the statistics say of the tables; or not any more. */
export async function planByIndexes(sql: postgres.TransactionSql, wanted: boolean): Promise<void> {
  await sql`SELECT set_config('enable_seqscan', ${wanted ? 'off' : 'on'}, TRUE)`;
}

/** The same as a condition on a column `name`, for a walk along another index. */
export function hasPart(sql: postgres.ISql, part: string): postgres.Fragment {
  // The planner takes LIKE for far more selective than it is here and would sort all rows; this it takes for one row
  // in three, and walks the index.
  return sql`strpos(fold_name(name), fold_name(${part})) > 0`;
}

export function isOneOf(sql: postgres.ISql, names: readonly string[]): postgres.Fragment {
  return sql`name = ANY (${[...names]}::text[])`;
}

function patternOf(part: string): string {
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`;
}
