// How many rows of a file an import may keep as issues.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { importPartitions } from '../../db/tables.ts';

export interface IssueLimits {
  /** Of an import, unless it sets another limit. */
  maxRejectedRows: number;
  /** 0: no limit. */
  maxRowIssues: number;
}

/** How many rows may be rejected. An option of a client does not raise it beyond what the server keeps. */
export function rejectedLimit({ maxRejectedRows, corrects }: ImportRecord, limits: IssueLimits): number {
  if (limits.maxRowIssues === 0 || corrects !== null) return maxRejectedRows;
  return Math.min(maxRejectedRows, Math.max(limits.maxRowIssues, limits.maxRejectedRows));
}

/**
 * Of a correction, all are kept: it has few rows, and what became of them is read from its issues.
 *
 * @param record of an import whose rows are read
 * @returns undefined if all superseded rows are kept
 */
export function supersededLimit(
  { rowsRead, corrects }: ImportRecord,
  { maxRowIssues }: IssueLimits,
): number | undefined {
  const keepsAll = maxRowIssues === 0 || rowsRead <= maxRowIssues || corrects !== null;
  return keepsAll ? undefined : maxRowIssues;
}

/** Of rows that are superseded in the partitions that are merged. */
export function keptSuperseded(
  partitions: readonly Pick<typeof importPartitions.$inferSelect, 'superseded' | 'supersededKept'>[],
): number {
  return partitions.reduce(
    (sum, { superseded, supersededKept }) => sum + Math.min(supersededKept ?? superseded, superseded),
    0,
  );
}
