// Planner statistics, updated after each import that changed many rows. Autovacuum would take a minute or more, during which
// queries are planned with outdated statistics.

import type postgres from 'postgres';
import type { Database } from '../postgres/connection/database.ts';
import { isPlaced } from '../postgres/placement.ts';
import { isLockTimeout } from '../postgres/sqlstate.ts';

/** Numbers of changed rows. */
export interface TableChanges {
  products: number;
  /** Entries of product_changes, except insertions. */
  changes: number;
  /** An upper bound. */
  names: number;
  issues: number;
  claims: number;
}

/** Minimum share of a table's rows that must have changed. The same as autovacuum's default. */
const CHANGED_SHARE = 0.1;
/** A tenth of the default, and of its cost: enough, as queries are written not to depend on statistics. */
const STATISTICS_TARGET = 10;
/** An index that is being built holds the same lock. Skipping statistics is better than blocking the import. */
const LOCK_TIMEOUT = '1s';

/** Analyzes the tables in which many rows have changed. Idempotent, and may be skipped. */
export async function gatherStatistics({ sql }: Database, changes: TableChanges): Promise<void> {
  const changed: Record<string, number> = {
    products: changes.products,
    product_changes: changes.changes,
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
 * Analyzes tables that have rows but are empty according to statistics, as after TRUNCATE and a load that bypassed
 * Loadstone. Otherwise the planner would choose joins with quadratic cost.
 */
export async function replaceEmptyStatistics({ sql }: Database): Promise<void> {
  // The coordinator has no rows to know of. The plans of the nodes are forced.
  if (await isPlaced(sql)) return;
  const tables = ['products', 'product_name_counts'];
  const empty = await sql<{ table: string }[]>`
    SELECT relname AS table FROM pg_class
    WHERE oid IN (SELECT to_regclass(name) FROM unnest(${tables}::text[]) AS tables (name)) AND reltuples <= 0`;
  const names = empty.map(({ table }) => table);
  if (names.length > 0) await analyze(sql, names);
}

async function analyze(sql: postgres.Sql, tables: readonly string[]): Promise<void> {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(`SET LOCAL default_statistics_target = ${STATISTICS_TARGET}`);
      await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await tx.unsafe(`ANALYZE ${tables.join(', ')}`);
    });
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
  }
}
