// The index on product names costs a large first load a sixth of its time, row by row; built at once afterwards it
// costs a tenth of that. So such a load goes without, and the index is built again in the background. Searches by
// name are right meanwhile, and read the table.

import type postgres from 'postgres';
import type { Database } from '../postgres/connection/database.ts';

const INDEX = 'products_name';
const MIN_ROWS = 100_000;
/** Whoever reads or writes products now must not be held up: then the load keeps the index. */
const LOCK_WITHIN = '200ms';
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Drops the index for a load that at least doubles the catalogue.
 *
 * @param rows that are about to be merged, at most
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

/** Whether the index is there, whole. */
export async function hasIndex(sql: postgres.ISql): Promise<boolean> {
  const valid = await sql`SELECT FROM pg_index WHERE indexrelid = to_regclass(${INDEX}) AND indisvalid`;
  return valid.length > 0;
}

/** Builds the index if it is not there, or was left half built; nobody is held up meanwhile. */
export async function restoreIndex(sql: Database['sql']): Promise<void> {
  const [index] = await sql<{ valid: boolean }[]>`
    SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass(${INDEX})`;
  if (index?.valid) return;
  if (index) await sql.unsafe(`DROP INDEX CONCURRENTLY IF EXISTS ${INDEX}`);
  await sql.unsafe(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${INDEX} ON products USING hash (name)`);
}

/** @param rows of the catalogue, exceeded or not */
export async function hasMoreProductsThan(sql: Database['sql'], rows: number): Promise<boolean> {
  const more = await sql`SELECT FROM products OFFSET ${rows} LIMIT 1`;
  return more.length > 0;
}
