// The issues of superseded rows, with each record in its original form.

import type postgres from 'postgres';
import { type Staging, supersededTable } from '../../imports/staging.ts';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import type { ProductField } from '../../tables.ts';

/** What restores a record from its fields. */
export interface FileForm {
  /** What its columns become, in their order; if some become nothing, records are staged. */
  columns: readonly ColumnUse[];
  delimiter: string;
  quoting: 'STANDARD' | 'NONE';
  /** Whether the record itself is staged. */
  withRecord: boolean;
  /** Which row of a SKU is imported. The others are superseded. */
  winner: Winner;
}

/** What a column of a file becomes. */
export type ColumnUse = { field: ProductField } | { attribute: string };

export type Winner = 'FIRST' | 'LAST';

/** @returns the order in which each row of a SKU is superseded by the next one */
export function supersedingOrder(winner: Winner): string {
  return winner === 'LAST' ? 'line' : 'line DESC';
}

/** @returns among superseded rows: the line of the one that is imported; null if it was superseded in an earlier file */
export function winningLine(winner: Winner): string {
  const winning = winner === 'LAST' ? 'max' : 'min';
  return `CASE WHEN next_line > 0 THEN ${winning}(nullif(next_line, 0)) OVER (PARTITION BY sku) END`;
}

/** @returns a subquery for `insertSupersededIssues` */
export function supersededRows(file: Staging & FileForm, partition: number): string {
  const record = recordExpression(file, 'staged');
  return `(SELECT line, sku, next_line, ${record} AS record FROM ${supersededTable(file, partition)} staged)`;
}

/** Numbers of rows of a partition. */
export interface SupersededCounts {
  superseded: number;
  /** How many of them are kept as issues. */
  kept: number;
}

/**
 * @param rows a table, or a subquery in parentheses: sku, line, next_line (0 if the row was superseded in an earlier file),
 *   record
 * @param most how many are kept, the first ones of the file; undefined: all
 */
export async function insertSupersededIssues(
  tx: postgres.TransactionSql,
  importId: string,
  rows: string,
  { winner, most }: { winner: Winner; most: number | undefined },
): Promise<SupersededCounts> {
  const insert = (which: string) =>
    tx.unsafe(
      `INSERT INTO import_row_issues (import_id, line, kind, code, winning_line, record)
      SELECT $1::uuid, line, 'SUPERSEDED', 'SUPERSEDED', winning_line, record
      FROM (SELECT line, ${winningLine(winner)} AS winning_line, record FROM ${rows} superseded) issues ORDER BY line ${which}`,
      [importId],
    );
  if (most === undefined) {
    const { count } = await insert('');
    return { superseded: count, kept: count };
  }
  const superseded = await countRows(tx, rows);
  const { count } = await insert(superseded > most ? `LIMIT ${most}` : '');
  return { superseded, kept: count };
}

/** @param rows a table, or a subquery in parentheses */
export async function countRows(tx: postgres.TransactionSql, rows: string): Promise<number> {
  const [counted] = await tx.unsafe<{ rows: number }[]>(`SELECT count(*) AS rows FROM ${rows} counted`);
  return counted?.rows ?? 0;
}

/** @returns the expression for the record of a staged row */
export function recordExpression(
  { columns, delimiter, quoting, withRecord }: Omit<FileForm, 'winner'>,
  row: string,
): string {
  if (withRecord) return `${row}.record`;
  const separator = quoteLiteral(delimiter);
  const quoted = columns.map((column) => {
    const value =
      'field' in column
        ? `${row}.${column.field}`
        : `coalesce(${row}.attributes->>${quoteLiteral(column.attribute)}, '')`;
    if (quoting === 'NONE') return value;
    // By single characters: a regular expression would take most of the time of an issue.
    const isQuoted = [`'"'`, `E'\\r'`, `E'\\n'`, separator].map((each) => `strpos(${value}, ${each}) > 0`);
    return `CASE WHEN ${isQuoted.join(' OR ')}
      THEN '"' || replace(${value}, '"', '""') || '"' ELSE ${value} END`;
  });
  return quoted.join(` || ${separator} || `);
}
