// Guards against staged rows that were lost.

import type postgres from 'postgres';
import { isUndefinedColumn, isUndefinedTable } from '../../postgres/sqlstate.ts';

/** Staged rows are missing: a crash of the database empties unlogged tables. They have to be loaded again. */
export class StagingLostError extends Error {}

/**
 * @param staged a staging table, or a subquery in parentheses
 * @param expected how many rows were loaded
 * @throws StagingLostError
 */
export async function requireStagedRows(
  tx: postgres.TransactionSql,
  staged: string,
  expected: number,
): Promise<void> {
  const counting = tx.unsafe(`SELECT count(*)::bigint AS rows FROM ${staged} staged`);
  const [found] = await requireTables(counting);
  const rows = Number(found?.['rows']);
  if (rows !== expected) throw new StagingLostError(`${rows} rows are staged, but ${expected} were loaded`);
}

/**
 * @param working with staging tables
 * @throws StagingLostError if one is missing, or has not all columns, as an earlier version of Loadstone made it
 */
export async function requireTables<Result>(working: Promise<Result>): Promise<Result> {
  try {
    return await working;
  } catch (error) {
    if (isUndefinedTable(error)) throw new StagingLostError('a staging table is missing');
    if (isUndefinedColumn(error)) throw new StagingLostError('a staging table is of an earlier version');
    throw error;
  }
}
