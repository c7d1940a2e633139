// The queue of names that are not in the trigram index yet. Every search reads all of it.
//
// Many names are queued in blocks: their folded names are one text, which is searched about five times as fast as the names
// one by one, and only the names of blocks that match are looked at. Writing them costs no more than a row for each name.

import type postgres from 'postgres';
import { allOf } from '../postgres/keyset.ts';

/** Names of a block: few, so that those of a block that matches are soon read. */
const BLOCK_SIZE = 32;
/** Keeps apart what is found at the end of one name from what is found at the beginning of the next. */
const SEPARATOR = `E'\\n'`;

/**
 * A statement that queues the names of a table. Names are folded together, which takes less time: what becomes of a letter
 * does not depend on the name next to it.
 */
export function queueNames(table: string): string {
  return `
    INSERT INTO product_names_unindexed (names, folded)
    SELECT names, fold_name(joined)
    FROM (
      SELECT array_agg(name) AS names, string_agg(name, ${SEPARATOR}) AS joined
      FROM (SELECT name, (row_number() OVER () - 1) / ${BLOCK_SIZE} AS block FROM ${table}) AS numbered
      GROUP BY block
      OFFSET 0
    ) AS blocks`;
}

/** Queued names that contain each of the texts, ignoring case. */
export async function queuedNamesContaining(
  sql: postgres.ISql,
  parts: readonly string[],
  limit: number,
): Promise<string[]> {
  const allIn = (folded: postgres.Fragment) =>
    allOf(
      sql,
      parts.map((part) => sql`strpos(${folded}, fold_name(${part})) > 0`),
    );
  const found = await sql<{ name: string }[]>`
    SELECT each.name
    FROM product_names_unindexed AS queued, unnest(coalesce(names, ARRAY[queued.name])) AS each (name)
    WHERE ${allIn(sql`coalesce(folded, fold_name(queued.name))`)} AND ${allIn(sql`fold_name(each.name)`)}
    LIMIT ${limit}`;
  return found.map(({ name }) => name);
}
