// Finds names that contain texts, ignoring case.
//
// First the names are found, then other statements look them up by `= ANY`. So the planner knows how many there are;
// an outdated estimate cannot turn each lookup into a scan of the whole table.

import type postgres from 'postgres';
import { WITHOUT_JIT } from '../../postgres/connection/session-settings.ts';
import { sendAhead } from '../../postgres/copy/send-ahead.ts';
import { allOf } from '../../postgres/sql/keyset.ts';
import { queuedNamesContaining } from './name-queue.ts';

/** The most names to look up one by one; with more, the text is too common. */
const FEW_CANDIDATES = 10_000;
/** The length of a trigram. For a shorter text, the trigram index would be read completely. */
const INDEXED_LENGTH = 3;

/**
 * If they are few, index lookups are forced for the rest of the transaction.
 *
 * @param parts at least one
 * @returns the names that contain each of the texts, perhaps with some that no product has any more; undefined if they are
 *   not few
 */
export async function namesContaining(
  sql: postgres.TransactionSql,
  ...parts: readonly string[]
): Promise<string[] | undefined> {
  const long = parts.filter((part) => [...part].length >= INDEXED_LENGTH);
  planBy(sql, long.length > 0 && (await hasTrigramIndex(sql)) ? 'LOOKUPS' : 'SCAN');
  const newest = await queuedNamesContaining(sql, parts, FEW_CANDIDATES + 1);
  const indexed = (long.length > 0 ? long : parts).map((part) => isLike(sql, sql`name`, part));
  const short = parts.filter((part) => long.length > 0 && !long.includes(part));
  const found =
    newest.length > FEW_CANDIDATES
      ? []
      : await sql<{ name: string }[]>`
          SELECT name FROM product_name_search
          WHERE ${allOf(sql, [...indexed, ...short.map((part) => hasPart(sql, part))])}
          LIMIT ${FEW_CANDIDATES + 1}`;
  const names = new Set([...found.map(({ name }) => name), ...newest]);
  const few = names.size <= FEW_CANDIDATES;
  planBy(sql, few ? 'LOOKUPS' : 'COST');
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
 * allows. TABLE: no index. None but the first depends on statistics.
 */
export type PlanBy = keyof typeof PLANS;

const PLANS = {
  COST: { seqscan: 'on', indexscan: 'on', bitmapscan: 'on', sort: 'on' },
  SCAN: { seqscan: 'on', indexscan: 'on', bitmapscan: 'off', sort: 'on' },
  LOOKUPS: { seqscan: 'off', indexscan: 'on', bitmapscan: 'on', sort: 'on' },
  ORDER: { seqscan: 'off', indexscan: 'on', bitmapscan: 'off', sort: 'off' },
  TABLE: { seqscan: 'on', indexscan: 'off', bitmapscan: 'off', sort: 'on' },
};

export function planBy(sql: postgres.TransactionSql, by: PlanBy): void {
  const settings = Object.entries(PLANS[by]).map(
    ([method, value]) => `SET LOCAL enable_${method} = ${value}`,
  );
  sendAhead(sql, [WITHOUT_JIT, ...settings].join('; '));
}

/** The same as a condition on a column `name`, for a scan of another index. */
export function hasPart(sql: postgres.ISql, part: string): postgres.Fragment {
  return contains(sql, sql`name`, part);
}

/** Whether a column has the text anywhere, ignoring case. */
export function contains(sql: postgres.ISql, column: postgres.Fragment, part: string): postgres.Fragment {
  // The planner would take LIKE for far more selective than it is here, and sort all rows. It expects this to match one
  // row in three, and scans the index in order.
  return sql`strpos(fold_name(${column}), fold_name(${part})) > 0`;
}

/** The same in the form that a trigram index can answer. */
export function isLike(sql: postgres.ISql, column: postgres.Fragment, part: string): postgres.Fragment {
  const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`fold_name(${column}) LIKE fold_name(${pattern})`;
}

/**
 * Whether a trigram index narrows down where the text is: if it has three letters or digits in a row, or fewer beside
 * another character, where a word begins or ends. What other letters are depends on the database.
 */
export function isIndexable(text: string): boolean {
  return /[a-z0-9]{3}|[ -/:-@[-`{-~][a-z0-9]|[a-z0-9]{2}[ -/:-@[-`{-~]/i.test(text);
}

export function isOneOf(sql: postgres.ISql, names: readonly string[]): postgres.Fragment {
  return names.length === 0 ? sql`FALSE` : sql`name = ANY (${[...names]}::text[])`;
}
