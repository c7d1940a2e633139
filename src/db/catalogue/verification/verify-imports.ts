// Compares the ledgers of imports that are completed or READY with their issues and partitions, and finds staging tables that
// were left.

import type postgres from 'postgres';
import { FINAL_STATUSES, type ImportStatus } from '../../imports/import-record.ts';
import { STAGING_SCHEMA } from '../../postgres/schemas.ts';
import { LISTED, type Listed, listed } from './verify-findings.ts';

/** What a number in the ledger of an import is compared with. */
export type LedgerCheck =
  | 'ROWS'
  | 'REJECTED_ISSUES'
  | 'SUPERSEDED_ISSUES'
  | 'INSERTED_PARTS'
  | 'UPDATED_PARTS'
  | 'UNCHANGED_PARTS'
  | 'SUPERSEDED_PARTS'
  | 'UNMERGED_PARTITIONS'
  | 'PLANNED_DELETIONS'
  | 'DELETED_PARTS'
  | 'KEPT_PARTS'
  | 'STAGED_PARTS'
  | 'PREVIEWED_ROWS';

export interface LedgerDifference {
  importId: string;
  fileName: string;
  check: LedgerCheck;
  /** The number in the ledger. */
  ledger: number;
  /** The number that was counted. */
  found: number;
}

export interface LeftStaging {
  table: string;
  /** The status of its import; null if there is no such import. */
  status: ImportStatus | null;
}

export interface RunningImport {
  id: string;
  fileName: string;
  status: ImportStatus;
}

/** Longer than a server takes to remove the staging tables of a finished import. */
const CLEANED_WITHIN = '5 minutes';

export async function summarizeImports(
  tx: postgres.TransactionSql,
): Promise<{ completedImports: number; runningImports: Listed<RunningImport> }> {
  const [completed] = await tx<[{ total: number }]>`
    SELECT count(*) AS total FROM imports WHERE status = 'COMPLETED'`;
  const running = await tx<(RunningImport & { total: number })[]>`
    SELECT id, file_name AS "fileName", status, count(*) OVER () AS total
    FROM imports WHERE status <> ALL(${FINAL_STATUSES})
    ORDER BY created_at, id
    LIMIT ${LISTED}`;
  return { completedImports: completed.total, runningImports: listed(running) };
}

export async function compareLedgers(tx: postgres.TransactionSql): Promise<Listed<LedgerDifference>> {
  const rows = await tx<(LedgerDifference & { total: number })[]>`
    WITH issues AS (
      SELECT import_id, count(*) FILTER (WHERE kind = 'REJECTED') AS rejected,
        count(*) FILTER (WHERE kind = 'SUPERSEDED') AS superseded
      FROM import_row_issues GROUP BY import_id
    ), parts AS (
      SELECT import_id, sum(inserted)::bigint AS inserted, sum(updated)::bigint AS updated,
        sum(unchanged)::bigint AS unchanged, sum(superseded)::bigint AS superseded,
        sum(deleted)::bigint AS deleted, sum(kept)::bigint AS kept,
        sum(greatest(superseded - superseded_kept, 0))::bigint AS not_kept, sum(staged)::bigint AS staged, count(*) FILTER (WHERE merged_at IS NULL) AS unmerged
      FROM import_partitions GROUP BY import_id
    ), previews AS (
      SELECT import_id, sum(value::bigint) FILTER (WHERE key NOT IN ('read', 'deleted'))::bigint AS rows
      FROM import_previews, jsonb_each_text(preview->'rows') GROUP BY import_id
    )
    SELECT imports.id AS "importId", file_name AS "fileName", compared.what AS check, ledger, found,
      count(*) OVER () AS total
    FROM imports
    LEFT JOIN issues ON issues.import_id = imports.id
    LEFT JOIN parts ON parts.import_id = imports.id
    LEFT JOIN previews ON previews.import_id = imports.id
    LEFT JOIN data_source_imports removal ON removal.import_id = imports.id
    CROSS JOIN LATERAL (VALUES
      ('COMPLETED', 1, 'ROWS', rows_read, rows_inserted + rows_updated + rows_unchanged + rows_superseded + rows_rejected
        + CASE WHEN undoes IS NULL THEN 0 ELSE rows_deleted + rows_kept END),
      ('COMPLETED', 2, 'REJECTED_ISSUES', rows_rejected, coalesce(issues.rejected, 0)),
      ('COMPLETED', 3, 'SUPERSEDED_ISSUES', rows_superseded - coalesce(parts.not_kept, 0), coalesce(issues.superseded, 0)),
      ('COMPLETED', 4, 'INSERTED_PARTS', rows_inserted, coalesce(parts.inserted, 0)),
      ('COMPLETED', 5, 'UPDATED_PARTS', rows_updated, coalesce(parts.updated, 0)),
      ('COMPLETED', 6, 'UNCHANGED_PARTS', rows_unchanged, coalesce(parts.unchanged, 0)),
      ('COMPLETED', 7, 'SUPERSEDED_PARTS', rows_superseded, coalesce(parts.superseded, 0)),
      ('COMPLETED', 8, 'UNMERGED_PARTITIONS', 0, coalesce(parts.unmerged, 0)),
      ('COMPLETED', 9, 'PLANNED_DELETIONS', rows_deleted, coalesce(removal.planned, parts.deleted, 0)),
      ('COMPLETED', 10, 'DELETED_PARTS', rows_deleted, coalesce(removal.deleted, parts.deleted, 0)),
      ('COMPLETED', 11, 'KEPT_PARTS', rows_kept, coalesce(parts.kept, 0)),
      ('READY', 12, 'REJECTED_ISSUES', rows_rejected, coalesce(issues.rejected, 0)),
      ('READY', 13, 'STAGED_PARTS', rows_read - rows_rejected, coalesce(parts.staged, 0)),
      ('READY', 14, 'PREVIEWED_ROWS', rows_read, coalesce(previews.rows, 0))
    ) AS compared(of, place, what, ledger, found)
    WHERE status = compared.of AND ledger <> found
    ORDER BY created_at, imports.id, place
    LIMIT ${LISTED}`;
  return listed(rows);
}

/** The name of a staging table begins with the ID of its import. An import that can be retried keeps its tables. */
export async function findLeftStaging(tx: postgres.TransactionSql): Promise<Listed<LeftStaging>> {
  const rows = await tx<(LeftStaging & { total: number })[]>`
    SELECT relname AS table, status, count(*) OVER () AS total
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    LEFT JOIN imports ON imports.id::text = left(relname, 36)
    WHERE nspname = ${STAGING_SCHEMA} AND relkind = 'r'
      AND (status IS NULL OR status = ANY(${FINAL_STATUSES}))
      AND (retry_until IS NULL OR retry_until < now() - ${CLEANED_WITHIN}::interval)
    ORDER BY relname
    LIMIT ${LISTED}`;
  return listed(rows);
}
