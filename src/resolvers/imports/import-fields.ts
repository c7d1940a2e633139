// Fields of an import that are derived from its record.

import { type ErrorCode, errorCodeOf } from '../../codes/error-codes.ts';
import type { ImportRecord, ImportWait } from '../../db/imports/import-record.ts';
import type { PreviewedRows } from '../../db/tables.ts';
import type { Context } from '../context.ts';

export interface ImportRows extends PreviewedRows {
  /** Of an undo. */
  kept?: number;
}

/** The data source that an import came from, with its name at the time. */
export interface ImportSource {
  id: string;
  name: string;
}

export interface ImportError {
  code: ErrorCode;
  message: string;
}

/** Reading takes about 60% of the time of an import, merging the rest. */
const READING_SHARE = 60;
const MERGING_SHARE = 100 - READING_SHARE;
/** The highest value before the import is completed. */
const MAX_UNFINISHED = 99.99;

/**
 * Progress from 0 to 100. Decreases only if rows are read again, and keeps its value if the import fails or is cancelled.
 * 0 while the size of the file is unknown.
 */
export function importPercent(record: ImportRecord): number {
  if (record.status === 'COMPLETED') return 100;
  if (record.undoes !== null) return Math.min(100 * record.mergedShare, MAX_UNFINISHED);
  const read = share(record.bytesProcessed, sizeOf(record));
  return Math.min(READING_SHARE * read + MERGING_SHARE * record.mergedShare, MAX_UNFINISHED);
}

/**
 * The estimated time to completion in seconds, based on the average speed so far. Null before there is any progress, while
 * it waits to be committed, and after the end.
 */
export function importEtaSeconds(record: ImportRecord): number | null {
  const { status, startedAt, committedAt, finishedAt, updatedAt } = record;
  const since = committedAt ?? startedAt;
  const percent = committedAt ? 100 * record.mergedShare : importPercent(record);
  if (since === null || finishedAt !== null || status === 'READY' || percent === 0) return null;
  const elapsedMs = Math.max(updatedAt.getTime() - since.getTime(), 0);
  return ((elapsedMs / 1000) * (100 - percent)) / percent;
}

export function importRows(record: ImportRecord): ImportRows {
  return {
    read: record.rowsRead,
    inserted: record.rowsInserted,
    updated: record.rowsUpdated,
    unchanged: record.rowsUnchanged,
    superseded: record.rowsSuperseded,
    rejected: record.rowsRejected,
    deleted: record.rowsDeleted,
    kept: record.rowsKept,
  };
}

export function importKind({
  undoes,
  corrects,
  sourceId,
}: ImportRecord): 'UPLOAD' | 'SOURCE' | 'UNDO' | 'CORRECTION' {
  if (undoes !== null) return 'UNDO';
  if (corrects !== null) return 'CORRECTION';
  return sourceId === null ? 'UPLOAD' : 'SOURCE';
}

export function importSource({ sourceId, sourceName }: ImportRecord): ImportSource | null {
  return sourceId === null ? null : { id: sourceId, name: sourceName ?? '' };
}

export function importError({ errorCode, errorMessage }: ImportRecord): ImportError | null {
  return errorCode === null ? null : { code: errorCodeOf(errorCode), message: errorMessage ?? '' };
}

const WAITING_REASONS: Record<ImportWait, string> = {
  DATABASE: 'The database is unavailable. The import continues automatically when it is back.',
  MERGE_TURN: 'Another import is merging. This one merges when its turn comes.',
  IMPORT_LIMIT:
    'The server is working on the maximum number of imports. This one continues when one of them ends.',
  SPOOL:
    'The server that received the file is down. The import continues when that server, or another one with the same data folder, is running.',
};

/** An explanation for people; null if the import is working or has finished. */
export function waitingReason({ waitingFor }: ImportRecord): string | null {
  return waitingFor && WAITING_REASONS[waitingFor];
}

export function issuesUrl(record: ImportRecord, { baseUrl }: Context): string | null {
  const issues = record.rowsRejected + record.rowsSuperseded;
  return issues > 0 ? `${baseUrl}/imports/${record.id}/issues.csv` : null;
}

/** The size of the file: exact once it is complete (then it has a hash), before that an upper bound, if there is one. */
function sizeOf({ sha256, bytesReceived, bytesTotal }: ImportRecord): number {
  return sha256 === null ? (bytesTotal ?? Number.POSITIVE_INFINITY) : bytesReceived;
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(part / whole, 1) : 0;
}
