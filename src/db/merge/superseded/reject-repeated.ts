// Rejects all rows whose SKU occurs more than once in their file, before anything is merged.

import { RECORD_KEPT_BYTES } from '../../imports/rejected-rows.ts';
import { type StagedColumns, type Staging, stagingTable } from '../../imports/staging.ts';
import type { Database } from '../../postgres/connection/database.ts';
import { type FileForm, recordExpression } from './superseded-issues.ts';

export interface StagedFile extends Staging, StagedColumns, Omit<FileForm, 'winner'> {
  /** The name of the SKU's column. */
  skuColumn: string;
}

/** Lines named in a message. */
const SHOWN_LINES = 10;

/**
 * Takes the rows out of staging and stores them as issues, in one transaction. All rows of a SKU are in one partition.
 *
 * @param most how many rows are stored and counted, the first ones; the import is to fail if there are as many
 * @returns how many they are
 */
export async function rejectRepeated(
  { sql }: Database,
  file: StagedFile,
  partition: number,
  most: number,
): Promise<number> {
  const { importId, skuColumn, withSuperseded } = file;
  const staged = stagingTable(file, partition);
  const isRow = withSuperseded ? 'NOT staged.passed_over' : 'true';
  const [rejected] = await sql.unsafe<{ rows: number }[]>(
    `WITH repeated AS MATERIALIZED (
      SELECT sku, count(*) AS rows, (array_agg(line ORDER BY line))[1:${SHOWN_LINES}] AS lines
      FROM ${staged} staged WHERE ${isRow} AND sku IN (SELECT sku FROM ${staged} WHERE may_repeat)
      GROUP BY sku HAVING count(*) > 1
    ), removed AS (
      DELETE FROM ${staged} staged USING repeated WHERE staged.sku = repeated.sku AND ${isRow}
      RETURNING staged.line, repeated.rows, repeated.lines, ${recordExpression(file, 'staged')} AS record
    ), stored AS (
      INSERT INTO import_row_issues (import_id, line, kind, code, column_name, message, record, line_count)
      SELECT $1::uuid, line, 'REJECTED', 'DUPLICATE_SKU', $2, format(
          'The SKU occurs in %s rows of the file, on lines %s%s. Keep one of them, or set the option \`onDuplicate\`.',
          rows, array_to_string(lines, ', '), CASE WHEN rows > ${SHOWN_LINES} THEN ' …' ELSE '' END
        ),
        CASE WHEN octet_length(record) > ${RECORD_KEPT_BYTES} THEN left(record, ${RECORD_KEPT_BYTES}) ELSE record END,
        1 + (SELECT count(*) FROM regexp_matches(record, '\\r\\n|\\r|\\n', 'g'))
      FROM removed ORDER BY line LIMIT $3
      ON CONFLICT DO NOTHING
    )
    SELECT least(count(*), $3)::bigint AS rows FROM removed`,
    [importId, skuColumn, most],
  );
  return Number(rejected?.rows ?? 0);
}
