// Rows that did not reach the catalogue, and their corrections.

import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { count } from './columns.ts';

/** Rows of a file that are not in the catalogue, each with the reason. */
export const rowIssues = pgTable(
  'import_row_issues',
  {
    importId: uuid('import_id').notNull(),
    /** The physical line, from 1, on which the record starts. */
    line: count('line').notNull(),
    kind: text('kind', { enum: ['REJECTED', 'SUPERSEDED'] }).notNull(),
    code: text('code').notNull(),
    /** The invalid column, if it is a single one. */
    columnName: text('column_name'),
    /** For a rejected row. The message for a superseded row is derived from winningLine. */
    message: text('message'),
    /** For a superseded row: the line of the row with the same SKU that was used. */
    winningLine: count('winning_line'),
    /** Number of physical lines of a rejected record; null for a superseded one. */
    lineCount: integer('line_count'),
    /** The record as it is in the file. */
    record: text('record').notNull(),
  },
  // Finds a few rejected rows among many superseded ones, and costs a merge nothing.
  (table) => [
    primaryKey({ columns: [table.importId, table.line] }),
    index('import_row_issues_rejected')
      .on(table.importId, table.line, table.code)
      .where(sql`kind = 'REJECTED'`),
  ],
);

/** The rows of corrections, each with the rejected row that it corrects. A rejected row may turn into several rows. */
export const rowCorrections = pgTable(
  'row_corrections',
  {
    /** The correction. */
    importId: uuid('import_id').notNull(),
    /** The physical line, from 1, on which the row starts in the file of the correction. */
    line: count('line').notNull(),
    correctedImport: uuid('corrected_import').notNull(),
    /** The line of the rejected row. */
    correctedLine: count('corrected_line').notNull(),
    /** The corrected row, in the order of the columns. */
    values: text('values').array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.importId, table.line] }),
    index('row_corrections_corrected').on(table.correctedImport, table.correctedLine),
  ],
);
