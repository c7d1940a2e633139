// Finds names that contain a text, ignoring case.
//
// First the names are found, then other statements look them up by `= ANY`. So the planner knows how many there are;
// an outdated estimate cannot turn each lookup into a scan of the whole table.

import type postgres from 'postgres';
import { queuedNamesContaining } from './name-queue.ts';

/** The most names to look up one by one; with more, the text is too common. */
const FEW_CANDIDATES = 10_000;
/** The length of a trigram. For a shorter text, the trigram index would be read completely. */
const INDEXED_LENGTH = 3;

/**
 * If they are few, index lookups are forced for the rest of the transaction.
 *
 * @returns the names that contain the text, perhaps with some that no product has any more; undefined if they are not few
 */
export async function namesContaining(
  sql: postgres.TransactionSql,
  part: string,
): Promise<string[] | undefined> {
  const isLong = [...part].length >= INDEXED_LENGTH;
  await planBy(sql, isLong && (await hasTrigramIndex(sql)) ? 'LOOKUPS' : 'SCAN');
  const newest = await queuedNamesContaining(sql, part, FEW_CANDIDATES + 1);
  const found =
    newest.length > FEW_CANDIDATES
      ? []
      : await sql<{ name: string }[]>`
          SELECT name FROM product_name_search WHERE fold_name(name) LIKE fold_name(${patternOf(part)})
          LIMIT ${FEW_CANDIDATES + 1}`;
  const names = new Set([...found.map(({ name }) => name), ...newest]);
  const few = names.size <= FEW_CANDIDATES;
  await planBy(sql, few ? 'LOOKUPS' : 'COST');
  return few ? [...names] : undefined;
}

/** Without it, a forced index lookup would read the index of the key, and more slowly than the table. */
async function hasTrigramIndex(sql: postgres.TransactionSql): Promise<boolean> {
  const exists = await sql`SELECT FROM pg_class WHERE oid = to_regclass('product_name_search_trigrams')`;
  return exists.length > 0;
}

/**
 * What the planner may choose until the transaction ends. COST: anything. SCAN: no bitmap of an index. LOOKUPS: an index
 * wherever one fits. ORDER: only an index in whose order the rows are wanted, so that as few of them are read as the limit
 * allows. None but the first depends on statistics.
 */
export type PlanBy = keyof typeof PLANS;

const PLANS = {
  COST: { seqscan: 'on', bitmapscan: 'on', sort: 'on' },
  SCAN: { seqscan: 'on', bitmapscan: 'off', sort: 'on' },
  LOOKUPS: { seqscan: 'off', bitmapscan: 'on', sort: 'on' },
  ORDER: { seqscan: 'off', bitmapscan: 'off', sort: 'off' },
};

export async function planBy(sql: postgres.TransactionSql, by: PlanBy): Promise<void> {
  const { seqscan, bitmapscan, sort } = PLANS[by];
  await sql`
    SELECT set_config('enable_seqscan', ${seqscan}, TRUE), set_config('enable_bitmapscan', ${bitmapscan}, TRUE),
      set_config('enable_sort', ${sort}, TRUE)`;
}

/** The same as a condition on a column `name`, for a scan of another index. */
export function hasPart(sql: postgres.ISql, part: string): postgres.Fragment {
  // The planner would take LIKE for far more selective than it is here, and sort all rows. It expects this to match one
  // row in three, and scans the index in order.
  return sql`strpos(fold_name(name), fold_name(${part})) > 0`;
}

export function isOneOf(sql: postgres.ISql, names: readonly string[]): postgres.Fragment {
  return names.length === 0 ? sql`FALSE` : sql`name = ANY (${[...names]}::text[])`;
}

function patternOf(part: string): string {
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`;
}
