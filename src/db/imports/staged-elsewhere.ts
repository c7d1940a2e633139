// The rows that other imports hold in staging, by what the imports themselves report. So this costs no look at the tables, and
// those of all servers count.

import type postgres from 'postgres';

export interface StagedElsewhere {
  rows: number;
  /** How many imports hold them: previews that wait to be committed, those that are worked on, those that may be retried. */
  ready: number;
  running: number;
  failed: number;
  /** Whether rows of a younger import are being loaded. */
  isYoungerLoading: boolean;
}

/** @param id of the import that asks */
export async function stagedElsewhere(sql: postgres.Sql, id: string): Promise<StagedElsewhere> {
  const [found] = await sql<[StagedElsewhere]>`
    SELECT coalesce(sum(rows_read - rows_rejected), 0)::bigint AS rows,
      count(*) FILTER (WHERE status = 'READY') AS ready,
      count(*) FILTER (WHERE status IN ('RECEIVING', 'LOADING', 'MERGING')) AS running,
      count(*) FILTER (WHERE status = 'FAILED') AS failed,
      coalesce(bool_or(status IN ('RECEIVING', 'LOADING') AND (created_at, id) > (
        SELECT created_at, id FROM imports WHERE id = ${id}
      )), false) AS "isYoungerLoading"
    FROM imports
    WHERE id <> ${id} AND undoes IS NULL AND rows_read > rows_rejected
      AND (
        finished_at IS NULL
        -- A failed one keeps its rows if it is merged in part, unless they fill the disk.
        OR retry_until > now() AND error_code IS DISTINCT FROM 'DATABASE_FULL'
          AND EXISTS (SELECT FROM import_partitions WHERE import_id = imports.id)
      )`;
  return found;
}
