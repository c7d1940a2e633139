// Types of the state machine: the state of one data source, the events that change it, and the effects that follow. The rules
// are in source-machine.ts; the runner carries out the effects.

import type {
  CheckState,
  Conclusion,
  EndedImport,
  WatchedRow,
} from '../../../db/sources/source-watch-store.ts';
import type { ChangedContent, FetchTarget, Validators } from '../../fetch/types.ts';

/** Results of a check or an import, as they are written to the row. */
export type Findings = Omit<CheckState, 'id' | 'clientRevision'>;

/** Why a check or an import failed. */
export interface Problem {
  errorCode: string;
  errorMessage: string;
  /** How long the source asked to wait before the next request; 0 if it did not. */
  retryAfterMs: number;
  /** Whether the fault is this server's or its database's, and probably temporary, rather than the source's. */
  isOurs: boolean;
}

export type Phase =
  /** Its row has not been read yet. */
  | { name: 'UNREAD' }
  /** Nothing is under way; it is scheduled, unless it is paused. */
  | { name: 'IDLE' }
  /** Due, and waiting for a slot. */
  | { name: 'QUEUED' }
  /** @property revision of the settings that are checked */
  | { name: 'CHECKING'; beganAt: number; revision: number }
  /** It has new content, which is being received. */
  | { name: 'FETCHING'; beganAt: number; revision: number; importId: string; isClaimed: boolean }
  /** Its content is in an import, which some server process works on. */
  | { name: 'IMPORTING'; importId: string; problem: Problem | undefined }
  /** The import has ended; what follows is being written. `isRefused`: its row was changed, and is read again first. */
  | { name: 'CONCLUDING'; ended: EndedImport; problem: Problem | undefined; isRefused: boolean }
  /** It was removed, and its claims to products are being released. */
  | { name: 'RELEASING' }
  /** Nothing is left to do for it. */
  | { name: 'GONE' };

export interface SourceState {
  readonly id: string;
  readonly phase: Phase;
  /** The newest known version of its row; undefined while `UNREAD`. */
  readonly row: WatchedRow | undefined;
  readonly findings: Findings;
  /** Whether a check was requested that has not begun. */
  readonly isCheckWanted: boolean;
  /** Consecutive failures on our side; each makes the next delay longer. */
  readonly troubles: number;
}

export type SourceEvent =
  /** A client may have changed the row. */
  | { type: 'rowChanged' }
  | { type: 'rowRead'; row: WatchedRow | undefined }
  | { type: 'due' }
  | { type: 'slotGranted' }
  /** The source has new content, which it reports only once. */
  | { type: 'contentRequired' }
  /** Content is arriving; whether it is new may not be known yet. */
  | { type: 'contentArriving' }
  | { type: 'unchanged'; validators: Validators | undefined }
  /** @property importId for the import of this content */
  | { type: 'changed'; content: ChangedContent; importId: string }
  | { type: 'checkFailed'; problem: Problem }
  | { type: 'checkAborted' }
  /**
   * There is no place among those that are fetched, or no room on the disk. `isNew`: the content is known to differ from
   * what was imported, and must be fetched even if the source reports it as unchanged next time.
   */
  | { type: 'fetchPostponed'; lacking: 'PLACE' | 'ROOM'; isNew: boolean }
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

/** What the rules depend on besides state and event. */
export interface Moment {
  now: number;
  /** From 0 to 1. */
  random: number;
}

export type Step = readonly [SourceState, ...Effect[]];
