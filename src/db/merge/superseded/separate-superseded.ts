// Superseded rows are moved to a table of their own before anything else is done with the staged rows of a partition. What is
// left has one row for each SKU, so it needs not be sorted.

import type postgres from 'postgres';
import { type StagedColumns, type Staging, stagingTable, supersededTable } from '../../imports/staging.ts';
import { allowAll, allowOnly } from '../join-method.ts';
import { requireTables } from './require-staged-rows.ts';
import { supersedingOrder, type Winner } from './superseded-issues.ts';

export interface SupersedingRows extends Staging, Pick<StagedColumns, 'withSuperseded'> {
  partition: number;
  /** Which row of a SKU is imported. */
  winner: Winner;
}

/**
 * Moves the superseded rows of a partition, each with its `next_line`: the line of the row that replaces it; 0 if the row was
 * superseded already in the file from whose issues it comes. Does nothing if they have been moved.
 *
 * @throws StagingLostError if the tables are missing
 */
export async function separateSuperseded(tx: postgres.TransactionSql, rows: SupersedingRows): Promise<void> {
  const staged = stagingTable(rows, rows.partition);
  const superseded = supersededTable(rows, rows.partition);
  // A version before has made the table without places.
  await requireTables(tx.unsafe(`SELECT place FROM ${superseded} LIMIT 0`));
  await tx.unsafe(allowOnly('HASH'));
  const moving = tx.unsafe(`
    INSERT INTO ${superseded} SELECT * FROM ${withNextLine(rows, staged)} rows WHERE next_line IS NOT NULL`);
  const { count } = await requireTables(moving);
  await tx.unsafe(allowAll('HASH'));
  if (count === 0) return;
  // On several nodes, places are those of each node.
  await tx.unsafe(allowOnly('LOOKUP'));
  await tx.unsafe(`
    DELETE FROM ${staged} staged USING ${superseded} superseded
    WHERE staged.ctid = superseded.place AND staged.sku = superseded.sku AND staged.line = superseded.line`);
  await tx.unsafe(allowAll('LOOKUP'));
}

/** Only rows that may have another one for their SKU are sorted. */
function withNextLine({ withSuperseded, winner }: SupersedingRows, staged: string): string {
  return `(
      SELECT *,
        ${withSuperseded ? 'CASE WHEN passed_over THEN 0 ELSE' : ''} lead(line) OVER in_order ${withSuperseded ? 'END' : ''} AS next_line,
        ctid AS place
      FROM ${staged}
      WHERE sku IN (SELECT sku FROM ${staged} WHERE may_repeat)
      WINDOW in_order AS (PARTITION BY ${withSuperseded ? 'passed_over,' : ''} sku ORDER BY ${supersedingOrder(winner)})
    )`;
}
