// Beginning and end of a check.

import type { Validators } from '../../fetch/types.ts';
import { checkDelay, troubleDelay } from './check-interval.ts';
import { dispose } from './settle.ts';
import type { Findings, Moment, Phase, Problem, SourceEvent, Step } from './source-state.ts';
import { alsoDo, type KnownState, note, schedule, UNSCHEDULE } from './steps.ts';

/** Delay before the next check of a source that is postponed, and why it is. */
const POSTPONED = {
  PLACE: {
    delayMs: 5000,
    errorMessage:
      'As many sources as the server takes at once are being fetched, so the content of this one waits. It is checked again within seconds; nothing has to be done.',
  },
  ROOM: {
    delayMs: 60_000,
    errorMessage:
      'The content has to be downloaded to find out whether it changed, and the disk of the server has too little room for it (SPOOL_RESERVE_BYTES are left free). It is checked again every minute. Free some space, or set DATA_DIR to a larger disk.',
  },
} as const;

const STILL_REFUSED = {
  errorCode: 'DELETION_NOT_CONFIRMED',
  errorMessage: 'The content of the source would delete too many products at once: see deletionToConfirm.',
};
const NO_ERROR = { errorCode: null, errorMessage: null };

export function queueCheck(state: KnownState): Step {
  const { host } = new URL(state.row.url);
  return [
    { ...state, phase: { name: 'QUEUED' } },
    { type: 'queueCheck', host },
  ];
}

export function beginCheck(state: KnownState, { now }: Moment): Step {
  const { revision, kind, url, headers, mustFetch, validators, refusedValidators } = state.row;
  const target = { kind, url, headers, mustFetch, validators: refusedValidators ?? validators ?? undefined };
  const checking: KnownState = {
    ...state,
    isCheckWanted: false,
    phase: { name: 'CHECKING', beganAt: now, revision },
  };
  return alsoDo(note(checking, { activity: 'CHECKING', validators: null }), {
    type: 'startCheck',
    target,
    revision,
  });
}

type CheckPhase = Extract<Phase, { name: 'CHECKING' | 'FETCHING' }>;

/** Whether a check is running that has not claimed the source yet. */
export function isChecking(phase: Phase): phase is CheckPhase {
  return phase.name === 'CHECKING' || (phase.name === 'FETCHING' && !phase.isClaimed);
}

/** Whether the source was changed or removed after the check began. */
export function isOutdated({ row }: KnownState, phase: CheckPhase): boolean {
  return row.revision !== phase.revision || row.removedAt !== null;
}

export function endUnchanged(
  state: KnownState,
  phase: CheckPhase,
  fresh: Validators | undefined,
  moment: Moment,
): Step {
  if (isOutdated(state, phase)) return checkAgain(state, moment);
  // These are of the current content of the source, which is in the catalogue or was refused.
  const isRefused = state.row.refusedValidators !== null;
  const validators = fresh && !isRefused ? { ...fresh } : null;
  const row = validators ? { ...state.row, validators } : state.row;
  const error = isRefused ? STILL_REFUSED : NO_ERROR;
  return endCheck({ ...state, row, troubles: 0 }, phase, { failures: 0, ...error, validators }, 0, moment);
}

export function endFailed(state: KnownState, phase: CheckPhase, problem: Problem, moment: Moment): Step {
  if (isOutdated(state, phase)) return checkAgain(state, moment);
  const { errorCode, errorMessage, retryAfterMs } = problem;
  if (problem.isOurs) {
    const troubles = state.troubles + 1;
    const delay = troubleDelay(troubles, moment.random);
    // The claim may have been written although its answer was lost.
    return alsoDo(checkAgain({ ...state, troubles }, moment, delay), { type: 'readRow' });
  }
  const failures = state.findings.failures + 1;
  return endCheck(
    { ...state, troubles: 0 },
    phase,
    { failures, errorCode, errorMessage },
    retryAfterMs,
    moment,
  );
}

/** The interval runs from the start of a check, so that a slow check does not make it longer. */
function endCheck(
  state: KnownState,
  phase: CheckPhase,
  found: Partial<Findings> & { failures: number },
  leastDelay: number,
  { now, random }: Moment,
): Step {
  const { paused, intervalSeconds } = state.row;
  const delay = Math.max(checkDelay(intervalSeconds, found.failures, random), leastDelay);
  const inTime = paused ? undefined : Math.max(phase.beganAt + delay, now);
  return becomeIdle(state, { ...found, lastCheckedAt: new Date(now) }, state.isCheckWanted ? now : inTime);
}

/** It is no failure of the source. */
export function postpone(
  state: KnownState,
  { lacking, isNew }: Extract<SourceEvent, { type: 'fetchPostponed' }>,
  { now }: Moment,
): Step {
  if (state.row.removedAt !== null) return dispose(state);
  const row = { ...state.row, mustFetch: state.row.mustFetch || isNew };
  const { delayMs, errorMessage } = POSTPONED[lacking];
  const found = { lastCheckedAt: new Date(now), errorCode: 'CHECK_POSTPONED', errorMessage };
  return becomeIdle({ ...state, row }, found, now + delayMs);
}

/** For a check without a result. */
export function checkAgain(state: KnownState, { now }: Moment, delay = 0): Step {
  if (state.row.removedAt !== null) return dispose(state);
  const isOff = state.row.paused && !state.isCheckWanted && state.findings.nextCheckAt === null;
  return becomeIdle(state, {}, isOff ? undefined : now + delay);
}

/** @param nextCheckAt undefined: no check until one is requested */
function becomeIdle(state: KnownState, found: Partial<Findings>, nextCheckAt: number | undefined): Step {
  const idle: KnownState = { ...state, phase: { name: 'IDLE' } };
  const at = nextCheckAt === undefined ? null : new Date(nextCheckAt);
  return alsoDo(
    note(idle, { ...found, activity: null, nextCheckAt: at }),
    nextCheckAt === undefined ? UNSCHEDULE : schedule(nextCheckAt),
  );
}
