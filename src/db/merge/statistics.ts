// What the planner knows of the tables, renewed by each import that changed much: otherwise it would plan with what it
// knew before, until autovacuum comes by, a minute later at the earliest.

import type postgres from 'postgres';
import type { Database } from '../postgres/connection/database.ts';

/** Changed rows, by table. */
export interface TableChanges {
  products: number;
  /** At most: how many it was is not counted. */
  names: number;
  issues: number;
  claims: number;
}

/** Of a table's rows: when fewer have changed, what is known of it is good enough. Autovacuum has the same share. */
const CHANGED_SHARE = 0.1;
/** A tenth of what autovacuum gathers, and takes: enough for queries that are written not to depend on it. */
const STATISTICS_TARGET = 10;
/** An index that is being built holds the same lock: what is gathered later is better than an import that waits. */
const LOCK_WITHIN = '1s';
const LOCK_NOT_AVAILABLE = '55P03';

/** Gathers statistics of the tables of which many rows have changed; two at once. May be done twice, and left out. */
export async function gatherStatistics({ sql }: Database, changes: TableChanges): Promise<void> {
  const changed: Record<string, number> = {
    products: changes.products,
    product_name_counts: changes.names,
    product_names_unindexed: changes.names,
    import_row_issues: changes.issues,
    source_products: changes.claims,
  };
  const known = await sql<{ table: string; rows: number }[]>`
    SELECT relname AS table, reltuples AS rows FROM pg_class
    WHERE oid IN (SELECT to_regclass(name) FROM unnest(${Object.keys(changed)}::text[]) AS tables (name))`;
  const stale = known
    .filter(({ table, rows }) => (changed[table] ?? 0) > CHANGED_SHARE * Math.max(rows, 0))
    .map(({ table }) => table);
  const products = stale.filter((table) => table === 'products');
  const others = stale.filter((table) => table !== 'products');
  await Promise.all(
    [products, others].filter((tables) => tables.length > 0).map((tables) => analyze(sql, tables)),
  );
}

/**
 * Before a merge into tables that have rows: where the statistics take one for empty, as after a TRUNCATE and a load past
 * Loadstone, joins with it would be planned as if they cost nothing, and cost the square of its rows.
 */
export async function replaceEmptyStatistics({ sql }: Database): Promise<void> {
  const tables = ['products', 'product_name_counts'];
  const empty = await sql<{ table: string }[]>`
    SELECT relname AS table FROM pg_class
    WHERE oid IN (SELECT to_regclass(name) FROM unnest(${tables}::text[]) AS tables (name)) AND reltuples <= 0`;
  if (empty.length > 0)
    await analyze(
      sql,
      empty.map(({ table }) => table),
    );
}

async function analyze(sql: postgres.Sql, tables: readonly string[]): Promise<void> {
  try {
    await sql.begin((tx) =>
      tx.unsafe(`
        SET LOCAL default_statistics_target = ${STATISTICS_TARGET};
        SET LOCAL lock_timeout = '${LOCK_WITHIN}';
        ANALYZE ${tables.join(', ')}`),
    );
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
  }
}
