// Names by a part of them, letter case aside; the trigram index finds those that it has, the few newest are read.

import type postgres from 'postgres';

/** A query for the names that have the part, used once or twice each, and some that no product has any more. */
export function namesContaining(sql: postgres.ISql, part: string): postgres.Fragment {
  return sql`
    SELECT name FROM product_name_search WHERE fold_name(name) LIKE fold_name(${patternOf(part)})
    UNION ALL
    SELECT name FROM product_names_unindexed WHERE ${hasPart(sql, part)}`;
}

/** The same as a condition on a column `name`, for a walk along another index. */
export function hasPart(sql: postgres.ISql, part: string): postgres.Fragment {
  // The planner takes LIKE for far more selective than it is here and would sort all rows; this it takes for one row
  // in three, and walks the index.
  return sql`strpos(fold_name(name), fold_name(${part})) > 0`;
}

/** How common a part or a name is decides the plan: one made for none in particular will not do. */
export async function planForTheseValues(sql: postgres.TransactionSql): Promise<void> {
  await sql`SET LOCAL plan_cache_mode = force_custom_plan`;
}

function patternOf(part: string): string {
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`;
}
