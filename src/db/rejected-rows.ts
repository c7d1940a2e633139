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

const BATCH_ROWS = 1000;

/**
 * A row that is there already stays: the same file has the same rows, and a process that lost its import to another one
 * may still write some of them.
 */
export async function addRejectedRows(
  sql: postgres.Sql,
  importId: string,
  rows: readonly RejectedRow[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const batch = rows
      .slice(at, at + BATCH_ROWS)
      .map(({ line, code, columnName, message, record, lineCount }) => ({
        import_id: importId,
        line,
        kind: 'REJECTED',
        code,
        column_name: columnName,
        message,
        record,
        line_count: lineCount,
      }));
    await sql`INSERT INTO import_row_issues ${sql(batch)} ON CONFLICT DO NOTHING`;
  }
}
