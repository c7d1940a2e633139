// The queue of names that are not in the trigram index yet. Every search reads all of it.
//
// Many names are queued in blocks: their folded names are one text, which is searched about five times as fast as the names
// one by one, and only the names of blocks that match are looked at. Writing them costs no more than a row for each name.

import type postgres from 'postgres';
import { allOf } from '../../postgres/sql/keyset.ts';

/** Names of a block: few, so that those of a block that matches are soon read. */
const BLOCK_SIZE = 32;
/** Of `hashtext`. */
const HASH_BITS = 32;
/** Of the number of blocks: as many as Postgres may well group by. */
const MAX_BITS = 24;
/** Keeps apart what is found at the end of one name from what is found at the beginning of the next. */
const SEPARATOR = `E'\\n'`;

/**
 * A statement that queues the names of a table. Names are folded together, which takes less time: what becomes of a letter
 * does not depend on the name next to it.
 *
 * The names of a block have hashes next to each other: so they are on one node of a cluster, which sends them as an array.
 *
 * @param most how many names there are at most; of far fewer, each has a block
 */
export function queueNames(table: string, most: number): string {
  const bits = Math.round(Math.log2(most / BLOCK_SIZE));
  const shift = HASH_BITS - Math.min(Math.max(bits, 1), MAX_BITS);
  return `
    INSERT INTO product_names_unindexed (names, folded)
    SELECT array_agg(name), fold_name(array_to_string(array_agg(name), ${SEPARATOR}))
    FROM ${table} GROUP BY hashtext(name) >> ${shift}`;
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
