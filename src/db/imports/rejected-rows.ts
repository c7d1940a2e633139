// Rejected rows, written by the lanes as they find them.

import type postgres from 'postgres';

export interface RejectedRow {
  line: number;
  code: string;
  columnName: string | null;
  message: string;
  record: string;
  /** Physical lines that the record spans. */
  lineCount: number;
}

/** Of a rejected record, what is kept to show. */
export const RECORD_KEPT_BYTES = 10_000;

/**
 * In one statement. A row that is there already stays: the same file has the same rows, and a process that lost its
 * import to another one may still write some of them.
 *
 * @param rows 1 to 8,000, as a statement takes 65,535 values
 */
export async function addRejectedRows(
  sql: postgres.Sql,
  importId: string,
  rows: readonly RejectedRow[],
): Promise<void> {
  const values = rows.map(({ line, code, columnName, message, record, lineCount }) => ({
    import_id: importId,
    line,
    kind: 'REJECTED',
    code,
    column_name: columnName,
    message,
    record,
    line_count: lineCount,
  }));
  await sql`INSERT INTO import_row_issues ${sql(values)} ON CONFLICT DO NOTHING`;
}
