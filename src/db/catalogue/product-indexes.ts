// The indexes of products for searches. Maintaining the hash index on names row by row takes a sixth of the time of a large
// first load; building it afterwards takes a tenth of that. So it is dropped for such a load and rebuilt in the background.
// The index on attributes exists only where products can have any. Without them, searches scan the table.

import type postgres from 'postgres';
import type { Database } from '../postgres/connection/database.ts';

const NAME_INDEX = 'products_name';
/** Equality of an attribute is containment of an object. */
const ATTRIBUTE_INDEX = 'products_attributes';
const DEFINITIONS = {
  [NAME_INDEX]: 'products USING hash (name)',
  [ATTRIBUTE_INDEX]: 'products USING gin (attributes jsonb_path_ops) WHERE attributes IS NOT NULL',
};
type ProductIndex = keyof typeof DEFINITIONS;

const MIN_ROWS = 100_000;
/** Keep the indexes rather than block other readers and writers of products for longer. */
const LOCK_WITHIN = '200ms';
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Drops the indexes for a load that would at least double the catalogue.
 *
 * @param rows the maximum number of rows to be merged
 */
export async function dropIndexesForBulkLoad({ sql }: Database, rows: number): Promise<void> {
  if (rows < MIN_ROWS || (await hasMoreProductsThan(sql, rows))) return;
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
      await tx.unsafe(`DROP INDEX IF EXISTS ${Object.keys(DEFINITIONS).join(', ')}`);
    });
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
  }
}

/** A query that finds the index on names if it exists and is complete. */
export function exactNameIndex(sql: postgres.ISql): postgres.Fragment {
  return completeIndex(sql, NAME_INDEX);
}

export async function hasAttributeIndex(sql: postgres.ISql): Promise<boolean> {
  return (await sql`${completeIndex(sql, ATTRIBUTE_INDEX)}`).length > 0;
}

/** Whether each index that is needed exists and is complete. */
export async function hasIndexes(sql: postgres.ISql): Promise<boolean> {
  return (await missingIndexes(sql)).length === 0;
}

/** Builds the indexes that are missing or incomplete, without blocking readers and writers. */
export async function restoreIndexes(sql: Database['sql']): Promise<void> {
  for (const index of await missingIndexes(sql)) {
    const incomplete = await sql`SELECT FROM pg_index WHERE indexrelid = to_regclass(${index})`;
    if (incomplete.length > 0) await sql.unsafe(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
    await sql.unsafe(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${index} ON ${DEFINITIONS[index]}`);
  }
}

/** Whether the catalogue has more than this many products. */
export async function hasMoreProductsThan(sql: Database['sql'], rows: number): Promise<boolean> {
  const more = await sql`SELECT FROM products OFFSET ${rows} LIMIT 1`;
  return more.length > 0;
}

/** One on attributes is needed once an import has kept columns; those imports have an index of their own. */
async function missingIndexes(sql: postgres.ISql): Promise<ProductIndex[]> {
  const missing = await sql<{ index: ProductIndex }[]>`
    SELECT index FROM (VALUES
      (${NAME_INDEX}, TRUE),
      (${ATTRIBUTE_INDEX}, EXISTS (SELECT FROM imports WHERE kept_columns IS NOT NULL))
    ) AS indexes (index, is_needed)
    WHERE is_needed
      AND NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(indexes.index) AND indisvalid)`;
  return missing.map(({ index }) => index);
}

function completeIndex(sql: postgres.ISql, index: ProductIndex): postgres.Fragment {
  return sql`SELECT FROM pg_index WHERE indexrelid = to_regclass(${index}) AND indisvalid`;
}
