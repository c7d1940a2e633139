// Moves a catalogue that is on one node to all nodes of a Citus cluster.

import type postgres from 'postgres';
import { SettingsError } from '../../../errors.ts';
import type { Database } from '../connection/database.ts';
import { MERGE_TURN_LOCK } from '../locks/advisory-locks.ts';
import { hasCitus, keepCalls, place, placeBySku, unplacedTables } from '../placement.ts';
import { STAGING_SCHEMA } from '../schemas.ts';
import { quoteIdentifier } from '../sql/quote-identifier.ts';

export interface MovedTable {
  table: string;
  /** The same before and after. */
  rows: number;
  seconds: number;
}

/**
 * In one transaction: others see the catalogue as it was, then on all nodes. Writes wait until then, and so do merges.
 *
 * @param onTable called when a table begins to move, with the number of its rows
 * @returns none if all tables are on all nodes already
 * @throws SettingsError if the database is not that of a coordinator
 */
export async function distributeCatalogue(
  { sql }: Database,
  onTable: (table: string, rows: number) => void,
): Promise<MovedTable[]> {
  if (!(await hasCitus(sql))) {
    throw new SettingsError(
      'The database in DATABASE_URL has no extension citus. Create it there and on all nodes: see docs/scale.md.',
    );
  }
  const tables = await unplacedTables(sql);
  if (tables.length === 0) return [];
  const moved = await sql.begin(async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${MERGE_TURN_LOCK})`;
    await tx.unsafe(`LOCK TABLE ${tables.join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
    const results: MovedTable[] = [];
    for (const table of tables) results.push(await move(tx, table, onTable));
    // Of imports that wait for their merge.
    await placeBySku(tx, await stagingTables(tx));
    return results;
  });
  await sql.begin(keepCalls);
  for (const { table } of moved) {
    await sql`SELECT truncate_local_data_after_distributing_table(${table}::text::regclass)`;
    await sql.unsafe(`ANALYZE ${table}`);
  }
  return moved;
}

async function move(
  tx: postgres.TransactionSql,
  table: string,
  onTable: (table: string, rows: number) => void,
): Promise<MovedTable> {
  const began = performance.now();
  const rows = await countRows(tx, table);
  onTable(table, rows);
  await place(tx, table);
  const after = await countRows(tx, table);
  if (after !== rows)
    throw new Error(`${table} had ${rows} rows, and has ${after} on all nodes: nothing was moved`);
  return { table, rows, seconds: (performance.now() - began) / 1000 };
}

async function countRows(tx: postgres.TransactionSql, table: string): Promise<number> {
  const [counted] = await tx.unsafe<[{ rows: number }]>(`SELECT count(*) AS rows FROM ${table}`);
  return counted.rows;
}

async function stagingTables(tx: postgres.TransactionSql): Promise<string[]> {
  const tables = await tx<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = ${STAGING_SCHEMA}`;
  return tables.map(({ name }) => `${STAGING_SCHEMA}.${quoteIdentifier(name)}`);
}
