// The indexes of products for searches. Maintaining the hash index on names row by row takes a sixth of the time of a large
// first load; building it afterwards takes a tenth of that. So it is dropped for such a load and rebuilt in the background.
// The index on attributes exists only where products can have any. Those for parts of SKUs and for times of change exist
// where somebody has asked for them lately: until then, and before they are built, searches scan the table.

import type postgres from 'postgres';
import type { Database } from '../../postgres/connection/database.ts';

const NAME_INDEX = 'products_name';
/** Equality of an attribute is containment of an object. */
const ATTRIBUTE_INDEX = 'products_attributes';
/** For parts of SKUs. */
const SKU_INDEX = 'products_sku_parts';
/** For the order by time of change. */
const UPDATED_INDEX = 'products_updated';
/** Indexes that are kept for as long as they are used. */
export type UsedIndex = typeof SKU_INDEX | typeof UPDATED_INDEX;
/** How long they are kept after their last use. */
const UNUSED_DAYS = 30;

/** By name; `%` stands for the schema of pg_trgm. */
const DEFINITIONS = {
  [NAME_INDEX]: 'products USING hash (name)',
  [ATTRIBUTE_INDEX]: 'products USING gin (attributes jsonb_path_ops) WHERE attributes IS NOT NULL',
  // New SKUs only go to its list of pending entries, which costs an import little. The list is emptied in the background.
  [SKU_INDEX]: 'products USING gin (fold_name(sku) %.gin_trgm_ops) WITH (gin_pending_list_limit = 262144)',
  [UPDATED_INDEX]: 'products (updated_at, sku)',
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
 * @param staged the quoted names of the tables that have them
 */
export async function dropIndexesForBulkLoad(
  { sql }: Database,
  rows: number,
  staged: readonly string[],
): Promise<void> {
  if (rows < MIN_ROWS || (await isLargerThan(sql, staged)) || !(await ownsTables(sql))) return;
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
      for (const index of Object.keys(DEFINITIONS)) await tx.unsafe(`DROP INDEX IF EXISTS ${index}`);
    });
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
  }
}

/** Whether the role may create and drop indexes. One that only serves may not: then they stay as they are. */
async function ownsTables(sql: postgres.ISql): Promise<boolean> {
  const owned = await sql`
    SELECT FROM pg_class WHERE oid = 'products'::regclass AND pg_has_role(relowner, 'USAGE')`;
  return owned.length > 0;
}

/** A query that finds the index on names if it exists and is complete. */
export function exactNameIndex(sql: postgres.ISql): postgres.Fragment {
  return completeIndex(sql, NAME_INDEX);
}

export async function hasAttributeIndex(sql: postgres.ISql): Promise<boolean> {
  return (await sql`${completeIndex(sql, ATTRIBUTE_INDEX)}`).length > 0;
}

export async function hasSkuIndex(sql: postgres.ISql): Promise<boolean> {
  return (await sql`${completeIndex(sql, SKU_INDEX)}`).length > 0;
}

export async function hasUpdatedIndex(sql: postgres.ISql): Promise<boolean> {
  return (await sql`${completeIndex(sql, UPDATED_INDEX)}`).length > 0;
}

/** Whether each index that is needed exists and is complete, and no other one exists; or this role cannot change it. */
export async function hasIndexes(sql: postgres.ISql): Promise<boolean> {
  const { missing, unused } = await wrongIndexes(sql);
  return missing.length === 0 && unused.length === 0;
}

/**
 * Builds the indexes that are missing or incomplete, and drops those that nobody uses any more, without blocking readers and
 * writers.
 */
export async function restoreIndexes(sql: Database['sql']): Promise<void> {
  const { missing, unused } = await wrongIndexes(sql);
  for (const index of unused) await sql.unsafe(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
  for (const index of missing) {
    const incomplete = await sql`SELECT FROM pg_index WHERE indexrelid = to_regclass(${index})`;
    if (incomplete.length > 0) await sql.unsafe(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
    await sql.unsafe(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${index} ON ${await definitionOf(sql, index)}`);
  }
}

/** Moves new SKUs from the list of pending entries, all of which each search reads, into the index. */
export async function mergePendingSkus(sql: postgres.ISql): Promise<void> {
  if ((await hasSkuIndex(sql)) && (await ownsTables(sql)))
    await sql`SELECT gin_clean_pending_list(${SKU_INDEX}::regclass)`;
}

/** Whether the catalogue takes more space than these tables. To count its products would take as long as there are many. */
async function isLargerThan(sql: Database['sql'], tables: readonly string[]): Promise<boolean> {
  const [size] = await sql<[{ isLarger: boolean }]>`
    SELECT stored_size('products') > coalesce(sum(stored_size(to_regclass(name))), 0) AS "isLarger"
    FROM unnest(${tables}::text[]) AS tables (name)`;
  return size.isLarger;
}

/**
 * One on attributes is needed once an import has kept columns, which have an index of their own, or an edit has given some.
 * Without pg_trgm, there can be none for parts of SKUs.
 */
async function wrongIndexes(
  sql: postgres.ISql,
): Promise<{ missing: ProductIndex[]; unused: ProductIndex[] }> {
  const wrong = await sql<{ index: ProductIndex; isNeeded: boolean }[]>`
    WITH used AS (
      SELECT index_name AS index FROM product_index_uses WHERE used_on > current_date - ${UNUSED_DAYS}::int
    )
    SELECT index, is_needed AS "isNeeded" FROM (VALUES
      (${NAME_INDEX}, TRUE, FALSE),
      (${ATTRIBUTE_INDEX}, EXISTS (SELECT FROM imports WHERE kept_columns IS NOT NULL)
      OR EXISTS (SELECT FROM deleted_imports WHERE kept_columns)
      OR EXISTS (SELECT FROM attribute_edits), FALSE),
      (${SKU_INDEX}, ${SKU_INDEX} IN (SELECT index FROM used)
        AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'), TRUE),
      (${UPDATED_INDEX}, ${UPDATED_INDEX} IN (SELECT index FROM used), TRUE)
    ) AS indexes (index, is_needed, is_dropped)
    LEFT JOIN pg_index ON indexrelid = to_regclass(index)
    WHERE pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'products'::regclass), 'USAGE')
      AND CASE WHEN is_needed THEN indisvalid IS NOT TRUE ELSE is_dropped AND indexrelid IS NOT NULL END`;
  const indexes = (isNeeded: boolean) =>
    wrong.filter((each) => each.isNeeded === isNeeded).map(({ index }) => index);
  return { missing: indexes(true), unused: indexes(false) };
}

async function definitionOf(sql: postgres.ISql, index: ProductIndex): Promise<string> {
  if (index !== SKU_INDEX) return DEFINITIONS[index];
  const [extension] = await sql<{ schema: string }[]>`
    SELECT extnamespace::regnamespace::text AS schema FROM pg_extension WHERE extname = 'pg_trgm'`;
  return DEFINITIONS[index].replace('%', extension?.schema ?? '');
}

function completeIndex(sql: postgres.ISql, index: ProductIndex): postgres.Fragment {
  return sql`SELECT FROM pg_index WHERE indexrelid = to_regclass(${index}) AND indisvalid`;
}
