// What follows for a source from how the import of its content ended.

import type { Conclusion, EndedImport, WatchedRow } from '../../../db/sources/source-watch-store.ts';
import { checkDelay, troubleDelay } from './check-interval.ts';
import type { Findings, Moment, Problem } from './source-state.ts';

const CANCELLED = {
  errorCode: 'IMPORT_CANCELLED',
  errorMessage:
    'Its import was cancelled. The content is fetched again at the next check; pause or remove the source to prevent that.',
};
const NO_ERROR = { errorCode: null, errorMessage: null };

/** What is the same for each failed import: its content is fetched again. */
const FETCH_AGAIN = { outcome: 'FAILED', refusedValidators: null, mustFetch: true } as const;

export interface ImportEnd {
  ended: EndedImport;
  /** Why its content could not be received, if so. */
  problem: Problem | undefined;
  row: WatchedRow;
  findings: Findings;
  /** Failures in a row that were ours, this one included if it is one. */
  troubles: number;
}

/** Whether the import failed through no fault of the source: a server stopped, or the database was in trouble. */
export function isOurFault({ status, errorCode }: EndedImport, problem: Problem | undefined): boolean {
  if (status === 'COMPLETED' || errorCode === 'DELETION_NOT_CONFIRMED') return false;
  if (errorCode === 'UPLOAD_INTERRUPTED') return true;
  return problem ? problem.isOurs : status === null;
}

export function conclude(end: ImportEnd, { now, random }: Moment): Conclusion {
  const { ended, problem, row, findings, troubles } = end;
  const { status, errorCode, errorMessage } = ended;
  const inTime = (failures: number) => new Date(now + checkDelay(row.intervalSeconds, failures, random));
  // Validators of an address that the source no longer has, or of content that was read in another way, count no more.
  const validators = ended.revision === row.revision ? ended.validators : null;
  if (status === 'COMPLETED') {
    return {
      outcome: 'IMPORTED',
      validators: validators ?? row.validators,
      refusedValidators: null,
      mustFetch: validators === null,
      deletionImportId: null,
      deletionConfirmed: false,
      failures: 0,
      ...NO_ERROR,
      nextCheckAt: inTime(0),
    };
  }
  const { deletionImportId, deletionConfirmed } = row;
  const kept = { validators: row.validators, deletionImportId, deletionConfirmed };
  if (errorCode === 'DELETION_NOT_CONFIRMED') {
    // By other rules than those of today it says nothing.
    if (ended.mode !== row.mode || ended.maxDeletedShare !== row.maxDeletedShare) {
      const nextCheckAt = new Date(now);
      return { ...kept, ...FETCH_AGAIN, failures: 0, ...NO_ERROR, nextCheckAt };
    }
    const isCurrent = ended.revision === row.revision;
    return {
      outcome: 'REFUSED',
      validators: row.validators,
      refusedValidators: validators,
      mustFetch: validators === null,
      deletionImportId: isCurrent ? ended.importId : deletionImportId,
      deletionConfirmed: false,
      failures: 0,
      errorCode,
      errorMessage,
      nextCheckAt: inTime(0),
    };
  }
  if (isOurFault(ended, problem)) {
    const { failures, errorCode, errorMessage } = findings;
    // One that was interrupted is fetched again at once, unless that happens again and again.
    const nextCheckAt = new Date(troubles > 1 ? now + troubleDelay(troubles - 1, random) : now);
    return { ...kept, ...FETCH_AGAIN, failures, errorCode, errorMessage, nextCheckAt };
  }
  const failures = findings.failures + 1;
  const why = errorCode === null ? (problem ?? CANCELLED) : { errorCode, errorMessage };
  const nextCheckAt = new Date(Math.max(inTime(failures).getTime(), now + (problem?.retryAfterMs ?? 0)));
  return {
    ...kept,
    ...FETCH_AGAIN,
    failures,
    errorCode: why.errorCode,
    errorMessage: why.errorMessage,
    nextCheckAt,
  };
}
