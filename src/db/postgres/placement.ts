// Where tables are kept on a Citus cluster, the distributed Postgres: those that grow with the catalogue are spread over its
// nodes, by SKU or by name; all others are on the coordinator. On any other Postgres, nothing here does anything.

import type postgres from 'postgres';
import { isEmpty } from './is-empty.ts';

/**
 * By column: rows of all tables of a list with one value of it are on one node, so that they are joined there. The names that
 * the index for searches does not have yet are no such table: they are in blocks, and soon gone.
 */
const PLACED = {
  sku: ['products', 'source_products', 'product_changes'],
  name: ['product_name_counts', 'product_name_search'],
} as const;

type PlacedBy = keyof typeof PLACED;

/** Whether the catalogue is spread over nodes. */
export async function isPlaced(sql: postgres.ISql): Promise<boolean> {
  return (await hasCitus(sql)) && (await placedTables(sql)).has('products');
}

/** Spreads the tables that are empty; a catalogue that has rows stays where it is until it is moved (`npm run distribute`). */
export async function placeEmptyTables(sql: postgres.Sql): Promise<void> {
  if (!(await hasCitus(sql))) return;
  const missing = await unplacedTables(sql);
  if (missing.length === 0 || !(await areEmpty(sql, missing))) return;
  await sql.begin(async (tx) => {
    for (const table of missing) await place(tx, table);
  });
  await sql.begin(keepCalls);
}

/**
 * The coordinator would replace a call of the function by its body, and lose the collations in it on the way to the nodes, where
 * other letters would then be folded. It leaves calls alone that change the role. Nodes may replace them.
 */
export async function keepCalls(tx: postgres.TransactionSql): Promise<void> {
  await tx.unsafe('SET LOCAL citus.enable_ddl_propagation = off');
  await tx.unsafe('ALTER FUNCTION fold_name(text) SECURITY DEFINER');
}

/** Puts the rows of tables that have SKUs beside the products, if those are spread over nodes. */
export async function placeBySku(tx: postgres.TransactionSql, tables: readonly string[]): Promise<void> {
  if (!(await isPlaced(tx))) return;
  for (const table of tables) await placeBeside(tx, table, 'sku');
}

/** The same for names and counts. */
export async function placeByName(tx: postgres.TransactionSql, table: string): Promise<void> {
  if (await isPlaced(tx)) await placeBeside(tx, table, 'name');
}

export async function hasCitus(sql: postgres.ISql): Promise<boolean> {
  const found = await sql`SELECT FROM pg_extension WHERE extname = 'citus'`;
  return found.length > 0;
}

async function placedTables(sql: postgres.ISql): Promise<Set<string>> {
  const tables: string[] = Object.values(PLACED).flat();
  const placed = await sql<{ table: string }[]>`
    SELECT name AS table FROM unnest(${tables}::text[]) AS tables (name)
    WHERE EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(name))`;
  return new Set(placed.map(({ table }) => table));
}

/** Those that are still to be spread over nodes. */
export async function unplacedTables(sql: postgres.ISql): Promise<string[]> {
  const placed = await placedTables(sql);
  return Object.values(PLACED).flatMap((tables) => tables.filter((table) => !placed.has(table)));
}

async function areEmpty(sql: postgres.ISql, tables: readonly string[]): Promise<boolean> {
  for (const table of tables) {
    if (!(await isEmpty(sql, table))) return false;
  }
  return true;
}

export async function place(tx: postgres.TransactionSql, table: string): Promise<void> {
  const by: PlacedBy = (PLACED.sku as readonly string[]).includes(table) ? 'sku' : 'name';
  if (table !== PLACED[by][0]) await placeBeside(tx, table, by);
  else await tx`SELECT create_distributed_table(${table}::text::regclass, ${by}, colocate_with => 'none')`;
}

async function placeBeside(tx: postgres.TransactionSql, table: string, by: PlacedBy): Promise<void> {
  await tx`SELECT create_distributed_table(${table}::text::regclass, ${by}, colocate_with => ${PLACED[by][0]})`;
}
