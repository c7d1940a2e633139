// The hash index on products.name, for searches by the exact name. Maintaining it row by row takes a sixth of the time of a
// large first load; building it afterwards takes a tenth of that. So it is dropped for such a load and rebuilt in the
// background. Until then, searches by name scan the table.

import type postgres from 'postgres';
import type { Database } from '../postgres/connection/database.ts';

const INDEX = 'products_name';
const MIN_ROWS = 100_000;
/** Keep the index rather than block other readers and writers of products for longer. */
const LOCK_WITHIN = '200ms';
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Drops the index for a load that would at least double the catalogue.
 *
 * @param rows the maximum number of rows to be merged
 */
export async function dropIndexForBulkLoad({ sql }: Database, rows: number): Promise<void> {
  if (rows < MIN_ROWS || (await hasMoreProductsThan(sql, rows))) return;
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
      await tx.unsafe(`DROP INDEX IF EXISTS ${INDEX}`);
    });
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
  }
}

/** Whether the index exists and is complete. */
export async function hasIndex(sql: postgres.ISql): Promise<boolean> {
  const valid = await sql`${exactNameIndex(sql)}`;
  return valid.length > 0;
}

/** A query that finds the index if it exists and is complete. */
export function exactNameIndex(sql: postgres.ISql): postgres.Fragment {
  return sql`SELECT FROM pg_index WHERE indexrelid = to_regclass(${INDEX}) AND indisvalid`;
}

/** Builds the index if it is missing or incomplete, without blocking readers and writers. */
export async function restoreIndex(sql: Database['sql']): Promise<void> {
  const [index] = await sql<{ valid: boolean }[]>`
    SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass(${INDEX})`;
  if (index?.valid) return;
  if (index) await sql.unsafe(`DROP INDEX CONCURRENTLY IF EXISTS ${INDEX}`);
  await sql.unsafe(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${INDEX} ON products USING hash (name)`);
}

/** Whether the catalogue has more than this many products. */
export async function hasMoreProductsThan(sql: Database['sql'], rows: number): Promise<boolean> {
  const more = await sql`SELECT FROM products OFFSET ${rows} LIMIT 1`;
  return more.length > 0;
}
