// What the watch knows of one data source, what can happen to it, and what is to be done then. Plain data: the rules are
// in source-machine.ts, and the runner does what is to be done.

import type { CheckState, Conclusion, EndedImport, WatchedRow } from '../../db/sources/source-watch-store.ts';
import type { ChangedContent, FetchTarget, Validators } from '../fetch/types.ts';

/** What a check or an import found out, as it is written to the row. */
export type Findings = Omit<CheckState, 'id' | 'clientRevision'>;

/** Why a check or an import failed. */
export interface Problem {
  errorCode: string;
  errorMessage: string;
  /** The source asked not to be called before; 0 if it did not say. */
  retryAfterMs: number;
  /** This server or its database is at fault, and may be well soon: the source is not. */
  isOurs: boolean;
}

export type Phase =
  /** Its row has not been read yet. */
  | { name: 'UNREAD' }
  /** Nothing is under way; it is scheduled, unless it is paused. */
  | { name: 'IDLE' }
  /** Due, and waiting for a slot. */
  | { name: 'QUEUED' }
  /** @property revision of the set-up that is checked */
  | { name: 'CHECKING'; beganAt: number; revision: number }
  /** It has new content, which is being received. */
  | { name: 'FETCHING'; beganAt: number; revision: number; importId: string; isClaimed: boolean }
  /** Its content is in an import, which some server process works on. */
  | { name: 'IMPORTING'; importId: string; problem: Problem | undefined }
  /** The import has ended; what follows is being written. `isRefused`: its row was changed, and is read again first. */
  | { name: 'CONCLUDING'; ended: EndedImport; problem: Problem | undefined; isRefused: boolean }
  /** It was removed, and gives up its claims to products. */
  | { name: 'RELEASING' }
  /** Nothing is left to do for it. */
  | { name: 'GONE' };

export interface SourceState {
  readonly id: string;
  readonly phase: Phase;
  /** The newest known version of its row; undefined while `UNREAD`. */
  readonly row: WatchedRow | undefined;
  readonly findings: Findings;
  /** A check is wanted that has not begun. */
  readonly isCheckWanted: boolean;
  /** Failures in a row that are ours: each makes the next pause longer. */
  readonly troubles: number;
}

export type SourceEvent =
  /** A client may have changed the row. */
  | { type: 'rowChanged' }
  | { type: 'rowRead'; row: WatchedRow | undefined }
  | { type: 'due' }
  | { type: 'slotGranted' }
  /** The source says that it has something new, and forgets that as soon as it is read. */
  | { type: 'contentRequired' }
  /** Content begins to arrive; whether it is new may not be known yet. */
  | { type: 'contentArriving' }
  | { type: 'unchanged'; validators: Validators | undefined }
  /** @property importId for the import of this content */
  | { type: 'changed'; content: ChangedContent; importId: string }
  | { type: 'checkFailed'; problem: Problem }
  | { type: 'checkAborted' }
  /** Too many other sources are being fetched. */
  | { type: 'fetchPostponed' }
  | { type: 'fetchStarted' }
  | { type: 'claimGranted'; row: WatchedRow }
  | { type: 'claimRefused' }
  | { type: 'received' }
  | { type: 'notReceived'; problem: Problem }
  | { type: 'importEnded'; ended: EndedImport }
  | { type: 'concluded'; row: WatchedRow }
  /** A write found that a client has changed the row since it was read. */
  | { type: 'writeRefused' }
  | { type: 'concludeRefused' }
  | { type: 'claimsReleased' };

export type Effect =
  | { type: 'readRow' }
  | { type: 'schedule'; at: number }
  | { type: 'unschedule' }
  /** Answered by `slotGranted`. */
  | { type: 'queueCheck'; host: string }
  /** Ends the check, in whatever step it is. Once it has its slot, `checkAborted`, `received` or `notReceived` follows. */
  | { type: 'abortCheck' }
  | { type: 'startCheck'; target: FetchTarget; revision: number }
  | { type: 'discard'; content: ChangedContent }
  /** Claims the source for the import, and has the content received. */
  | { type: 'import'; content: ChangedContent; importId: string; row: WatchedRow }
  | { type: 'writeState'; state: CheckState }
  /** Answered by `importEnded`. */
  | { type: 'awaitImport'; importId: string }
  | { type: 'cancelImport'; importId: string }
  /** Answered by `concluded` or `concludeRefused`. */
  | { type: 'conclude'; importId: string; clientRevision: number; conclusion: Conclusion }
  | { type: 'releaseClaims' };

/** What the rules may not find out themselves. */
export interface Moment {
  now: number;
  /** From 0 to 1. */
  random: number;
}

export type Step = readonly [SourceState, ...Effect[]];
