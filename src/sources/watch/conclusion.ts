// What follows for a source from how the import of its content ended.

import { isConnectionFailure } from '../../db/postgres/sqlstate.ts';
import type { CheckState, EndedImport, Settlement } from '../../db/sources/source-watch-store.ts';
import { LoadstoneError } from '../../errors.ts';
import { retryAfter } from '../fetch/source-error.ts';
import { pauseAfter } from './pauses.ts';
import type { WatchedSource } from './watched-source.ts';

export type ToldError = Pick<CheckState, 'errorCode' | 'errorMessage'>;

/** What kept an import from beginning, and how that is told to clients. */
export interface Refusal {
  error: unknown;
  told: ToldError;
}

const CANCELLED = {
  errorCode: 'IMPORT_CANCELLED',
  errorMessage:
    'Its import was cancelled. It is fetched again at the next check; pause or remove the source to stop that.',
};
const NO_ERROR = { errorCode: null, errorMessage: null };

/** @param source undefined when it was removed */
export function conclude(
  ended: EndedImport,
  source: WatchedSource | undefined,
  refusal: Refusal | undefined,
): Settlement {
  const before = source?.state ?? { failures: 0, ...NO_ERROR };
  const interval = source?.record.intervalSeconds ?? 0;
  const inTime = (failures: number) => new Date(Date.now() + pauseAfter(interval, failures));
  if (ended.status === 'COMPLETED') {
    return { outcome: 'IMPORTED', failures: 0, ...NO_ERROR, nextCheckAt: inTime(0) };
  }
  const { errorCode, errorMessage } = ended;
  if (errorCode === 'DELETION_NOT_CONFIRMED') {
    return { outcome: 'REFUSED', failures: 0, errorCode, errorMessage, nextCheckAt: inTime(0) };
  }
  if (errorCode === 'UPLOAD_INTERRUPTED' || isOurs(ended, refusal)) {
    const { failures, errorCode, errorMessage } = before;
    return { outcome: 'FAILED', failures, errorCode, errorMessage, nextCheckAt: new Date() };
  }
  const failures = before.failures + 1;
  const why = errorCode === null ? (refusal?.told ?? CANCELLED) : { errorCode, errorMessage };
  const least = Date.now() + retryAfter(refusal?.error);
  const nextCheckAt = new Date(Math.max(inTime(failures).getTime(), least));
  return { outcome: 'FAILED', failures, ...why, nextCheckAt };
}

/** A server that stopped, or a database that was away, is no fault of the source. */
function isOurs({ status }: EndedImport, refusal: Refusal | undefined): boolean {
  if (refusal === undefined) return status === null;
  const { error } = refusal;
  return (error instanceof LoadstoneError && error.code === 'SHUTTING_DOWN') || isConnectionFailure(error);
}
