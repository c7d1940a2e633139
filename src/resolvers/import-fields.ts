// What the API says of an import beyond the columns of its record.

import { type ErrorCode, errorCodeOf } from '../codes/error-codes.ts';
import type { ImportRecord, ImportWait } from '../db/imports/import-store.ts';
import type { Context } from './context.ts';

export interface ImportRows {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  rejected: number;
  deleted: number;
}

/** The data source that an import came from, as it was named then. */
export interface ImportSource {
  id: string;
  name: string;
}

export interface ImportError {
  code: ErrorCode;
  message: string;
}

/** Reading takes about three fifths of an import's time, merging the rest. */
const READING_SHARE = 60;
const MERGING_SHARE = 100 - READING_SHARE;
/** Only an import that is completed is all done. */
const NOT_QUITE_ALL = 99.99;

/**
 * How much of the work is done, 0 to 100. It falls only when rows are read once more, and stays where it was when the import
 * fails or is cancelled. As long as the size of the file is unknown, it is 0.
 */
export function importPercent(record: ImportRecord): number {
  if (record.status === 'COMPLETED') return 100;
  const read = share(record.bytesProcessed, sizeOf(record));
  return Math.min(READING_SHARE * read + MERGING_SHARE * record.mergedShare, NOT_QUITE_ALL);
}

/**
 * Seconds until the import is likely to be completed, at the pace it had so far; null while there is none to go by,
 * and when it has ended.
 */
export function importEtaSeconds(record: ImportRecord): number | null {
  const percent = importPercent(record);
  if (record.startedAt === null || record.finishedAt !== null || percent === 0) return null;
  const elapsedMs = Math.max(record.updatedAt.getTime() - record.startedAt.getTime(), 0);
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
  };
}

export function importSource({ sourceId, sourceName }: ImportRecord): ImportSource | null {
  return sourceId === null ? null : { id: sourceId, name: sourceName ?? '' };
}

export function importError({ errorCode, errorMessage }: ImportRecord): ImportError | null {
  return errorCode === null ? null : { code: errorCodeOf(errorCode), message: errorMessage ?? '' };
}

const WAITING_REASONS: Record<ImportWait, string> = {
  DATABASE: 'The database is away, or in trouble. The import goes on by itself when it is back.',
  MERGE_TURN: 'Another import is merging. This one follows in its turn.',
  IMPORT_LIMIT:
    'As many imports are at work as this server takes at once. This one follows when one of them ends.',
  SPOOL:
    'The server that received the file has stopped. The import goes on when that server, or one with its data folder, runs.',
};

/** In words for a person; null while the import works, and when it has ended. */
export function waitingReason({ waitingFor }: ImportRecord): string | null {
  return waitingFor && WAITING_REASONS[waitingFor];
}

export function issuesUrl(record: ImportRecord, { baseUrl }: Context): string | null {
  const issues = record.rowsRejected + record.rowsSuperseded;
  return issues > 0 ? `${baseUrl}/imports/${record.id}/issues.csv` : null;
}

/** The file's size: exact once all of it is here (its hash tells), until then what the request said, if it did. */
function sizeOf({ sha256, bytesReceived, bytesTotal }: ImportRecord): number {
  return sha256 === null ? (bytesTotal ?? Number.POSITIVE_INFINITY) : bytesReceived;
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(part / whole, 1) : 0;
}
