// The rules by which a data source is watched, as a state machine: what happened, and what is to be done then. No clock,
// no chance and no database in here, so every order of events can be tested.
//
// A source has at most one check or one import at a time. While a check is under way, nothing else is begun for it: the
// check reports its end first, however it was ended. What only the database can decide (a claim, a conclusion) is
// decided there; a refusal means that the row was changed, so it is read again.

import type { WatchedRow } from '../../db/sources/source-watch-store.ts';
import type { Validators } from '../fetch/types.ts';
import { checkDelay, troubleDelay } from './check-interval.ts';
import { conclude, isOurFault } from './import-conclusion.ts';
import type {
  Effect,
  Findings,
  Moment,
  Phase,
  Problem,
  SourceEvent,
  SourceState,
  Step,
} from './source-state.ts';

/** Before a source is asked again whose content could not be received, as too much else was. */
const POSTPONED_MS = 5000;
/** Before a source is asked again that another process has claimed, unless its row says more. */
const CLAIM_REFUSED_MS = 1000;

const STILL_REFUSED = {
  errorCode: 'DELETION_NOT_CONFIRMED',
  errorMessage: 'The content of the source would delete too many products at once: see deletionToConfirm.',
};
const NO_ERROR = { errorCode: null, errorMessage: null };
const NOTHING_FOUND: Findings = {
  activity: null,
  failures: 0,
  ...NO_ERROR,
  lastCheckedAt: null,
  nextCheckAt: null,
  validators: null,
};

/** A source that has been read at least once. */
type KnownState = SourceState & { row: WatchedRow };

export function unreadSource(id: string): SourceState {
  return {
    id,
    phase: { name: 'UNREAD' },
    row: undefined,
    findings: NOTHING_FOUND,
    isCheckWanted: false,
    troubles: 0,
  };
}

/** @returns the next state, and what is to be done */
export function transition(state: SourceState, event: SourceEvent, moment: Moment): Step {
  switch (event.type) {
    case 'rowChanged':
    case 'writeRefused':
      return [state, { type: 'readRow' }];
    case 'rowRead':
      return takeRow(state, event.row, moment);
    default:
      // Before its row was read nothing has begun for it.
      return isKnown(state) ? transitionKnown(state, event, moment) : [state];
  }
}

function transitionKnown(state: KnownState, event: SourceEvent, moment: Moment): Step {
  const { phase, row } = state;
  switch (event.type) {
    case 'due':
      return phase.name === 'IDLE' ? queueCheck(state) : [state];
    case 'slotGranted':
      return phase.name === 'QUEUED' ? beginCheck(state, moment) : [state];
    case 'contentRequired':
      return [{ ...state, row: { ...row, mustFetch: true } }];
    case 'contentArriving':
      return isChecking(phase) ? note(state, { activity: 'FETCHING' }) : [state];
    case 'unchanged':
      return isChecking(phase) ? endUnchanged(state, phase, event.validators, moment) : [state];
    case 'changed': {
      if (phase.name !== 'CHECKING') return [state, { type: 'discard', content: event.content }];
      if (isOutdated(state, phase))
        return alsoDo(checkAgain(state, moment), { type: 'discard', content: event.content });
      const { content, importId } = event;
      const fetching = { ...phase, name: 'FETCHING', importId, isClaimed: false } as const;
      return [
        { ...state, phase: fetching },
        { type: 'import', content, importId, row },
      ];
    }
    case 'fetchPostponed':
      return isChecking(phase) ? postpone(state, moment) : [state];
    case 'fetchStarted':
      return isChecking(phase)
        ? note(state, { activity: 'FETCHING', lastCheckedAt: new Date(moment.now) })
        : [state];
    case 'claimGranted':
      // The row as it was claimed may hold a command of a client, as any that is read.
      return phase.name === 'FETCHING'
        ? takeRow({ ...state, phase: { ...phase, isClaimed: true } }, event.row, moment)
        : [state];
    case 'claimRefused':
      return isChecking(phase)
        ? alsoDo(checkAgain(state, moment, CLAIM_REFUSED_MS), { type: 'readRow' })
        : [state];
    case 'checkFailed':
      return isChecking(phase) ? endFailed(state, phase, event.problem, moment) : [state];
    case 'checkAborted':
      return isChecking(phase) ? checkAgain(state, moment) : [state];
    case 'received':
      return phase.name === 'FETCHING' ? beginImporting(state, phase.importId, undefined) : [state];
    case 'notReceived':
      return phase.name === 'FETCHING' ? beginImporting(state, phase.importId, event.problem) : [state];
    case 'importEnded': {
      const { ended } = event;
      if (phase.name !== 'IMPORTING' || phase.importId !== ended.importId) return [state];
      const troubles = isOurFault(ended, phase.problem) ? state.troubles + 1 : 0;
      const { problem } = phase;
      return beginConcluding(
        { ...state, troubles, phase: { name: 'CONCLUDING', ended, problem, isRefused: false } },
        moment,
      );
    }
    case 'concludeRefused':
      return phase.name === 'CONCLUDING'
        ? [{ ...state, phase: { ...phase, isRefused: true } }, { type: 'readRow' }]
        : [state];
    case 'concluded':
      return phase.name === 'CONCLUDING' ? settle({ ...state, row: event.row }, moment) : [state];
    case 'claimsReleased':
      return [{ ...state, phase: { name: 'GONE' } }];
    default:
      return [state];
  }
}

// Its row

function takeRow(state: SourceState, row: WatchedRow | undefined, moment: Moment): Step {
  if (!row) return [{ ...state, phase: { name: 'GONE' } }];
  if (!isKnown(state)) return settle({ ...state, row }, moment);
  // It was read before what is known by now was written.
  if (row.stateRevision < state.row.stateRevision) return [state];
  const { phase } = state;
  if (row.removedAt !== null) return takeRemoval(state, row, moment);

  const isOther = row.revision !== state.row.revision;
  const isCommanded = row.clientRevision !== state.row.clientRevision;
  const { activity, ...findings } = isOther ? foundIn(row) : state.findings;
  // Clients set it to now or, when they pause the source, to null.
  const nextCheckAt = isCommanded ? row.nextCheckAt : findings.nextCheckAt;
  const known: KnownState = {
    ...state,
    row: isOther ? row : { ...row, validators: findings.validators ?? row.validators },
    findings: { ...findings, nextCheckAt, activity: state.findings.activity },
    isCheckWanted: isCommanded ? nextCheckAt !== null : state.isCheckWanted,
  };
  switch (phase.name) {
    case 'IDLE':
      if (row.importId !== null) return settle(known, moment);
      if (known.isCheckWanted) return writeIfNew(known, schedule(moment.now));
      return writeIfNew(known, ...(nextCheckAt === null ? [UNSCHEDULE] : []));
    case 'QUEUED':
      if (row.importId !== null) return alsoDo(settle(known, moment), ABORT);
      if (isCommanded && !known.isCheckWanted)
        return writeIfNew({ ...known, phase: { name: 'IDLE' } }, ABORT);
      // Its address, and with it the host whose slot it waits for, may be another one.
      return isOther ? alsoDo(queueCheck(known), ABORT) : writeIfNew(known);
    case 'CHECKING':
    case 'FETCHING':
      return isOther ? [known, ABORT] : writeIfNew(known);
    case 'IMPORTING':
      // Unless another process has concluded it.
      return row.importId === phase.importId ? writeIfNew(known) : settle(known, moment);
    case 'CONCLUDING':
      if (row.importId !== phase.ended.importId) return settle(known, moment);
      return phase.isRefused ? beginConcluding(known, moment) : [known];
    default:
      return [known];
  }
}

function takeRemoval(state: KnownState, row: WatchedRow, moment: Moment): Step {
  const { phase } = state;
  const isNew = state.row.removedAt === null;
  const removed = { ...state, row, isCheckWanted: false };
  switch (phase.name) {
    case 'IDLE':
      return alsoDo(dispose(removed), UNSCHEDULE);
    case 'QUEUED':
      return alsoDo(dispose(removed), ABORT);
    case 'CHECKING':
    case 'FETCHING':
      return isNew ? [removed, ABORT] : [removed];
    case 'IMPORTING':
      if (row.importId !== phase.importId) return dispose(removed);
      return isNew ? [removed, { type: 'cancelImport', importId: phase.importId }] : [removed];
    case 'CONCLUDING':
      if (row.importId !== phase.ended.importId) return dispose(removed);
      return phase.isRefused ? beginConcluding(removed, moment) : [removed];
    default:
      return [removed];
  }
}

/** Nothing is under way here: goes on with what the row says. */
function settle(state: KnownState, moment: Moment): Step {
  const { row, isCheckWanted } = state;
  if (row.removedAt !== null) return dispose(state);
  if (row.importId !== null) {
    const importing: KnownState = {
      ...state,
      phase: { name: 'IMPORTING', importId: row.importId, problem: undefined },
      findings: { ...foundIn(row), activity: 'IMPORTING' },
      // It may have been asked for while this process knew nothing of the import.
      isCheckWanted: row.nextCheckAt !== null,
    };
    return writeIfNew(importing, { type: 'awaitImport', importId: row.importId });
  }
  const dueAt = row.nextCheckAt?.getTime() ?? (row.paused ? undefined : moment.now);
  const at = isCheckWanted ? moment.now : dueAt;
  return writeIfNew(
    { ...state, phase: { name: 'IDLE' }, findings: { ...foundIn(row), activity: null } },
    at === undefined ? UNSCHEDULE : schedule(at),
  );
}

/** It was removed, and no check is under way: ends its import, then gives up its claims. */
function dispose(state: KnownState): Step {
  const { importId, releasedAt } = state.row;
  if (importId !== null)
    return [
      { ...state, phase: { name: 'IMPORTING', importId, problem: undefined } },
      { type: 'cancelImport', importId },
      { type: 'awaitImport', importId },
    ];
  if (releasedAt !== null) return [{ ...state, phase: { name: 'GONE' } }];
  return [{ ...state, phase: { name: 'RELEASING' } }, { type: 'releaseClaims' }];
}

// Checks

function queueCheck(state: KnownState): Step {
  const { host } = new URL(state.row.url);
  return [
    { ...state, phase: { name: 'QUEUED' } },
    { type: 'queueCheck', host },
  ];
}

function beginCheck(state: KnownState, { now }: Moment): Step {
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

/** Whether a check is under way that has claimed nothing. */
function isChecking(phase: Phase): phase is CheckPhase {
  return phase.name === 'CHECKING' || (phase.name === 'FETCHING' && !phase.isClaimed);
}

/** Whether something else is to be fetched by now, or nothing any more. */
function isOutdated({ row }: KnownState, phase: CheckPhase): boolean {
  return row.revision !== phase.revision || row.removedAt !== null;
}

function endUnchanged(
  state: KnownState,
  phase: CheckPhase,
  fresh: Validators | undefined,
  moment: Moment,
): Step {
  if (isOutdated(state, phase)) return checkAgain(state, moment);
  // They belong to the content that the source has now: that is in the catalogue, or it was refused.
  const isRefused = state.row.refusedValidators !== null;
  const validators = fresh && !isRefused ? { ...fresh } : null;
  const row = validators ? { ...state.row, validators } : state.row;
  const error = isRefused ? STILL_REFUSED : NO_ERROR;
  return endCheck({ ...state, row, troubles: 0 }, phase, { failures: 0, ...error, validators }, 0, moment);
}

function endFailed(state: KnownState, phase: CheckPhase, problem: Problem, moment: Moment): Step {
  if (isOutdated(state, phase)) return checkAgain(state, moment);
  const { errorCode, errorMessage, retryAfterMs } = problem;
  if (problem.isOurs) {
    const troubles = state.troubles + 1;
    const delay = troubleDelay(troubles, moment.random);
    // A claim may have been written before its answer was lost.
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

/** The next check is due an interval after this one has begun, so that the time it took makes the interval no longer. */
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

/** What the source has is wanted all the same: it may have forgotten that it was not read. */
function postpone(state: KnownState, { now }: Moment): Step {
  if (state.row.removedAt !== null) return dispose(state);
  const row = { ...state.row, mustFetch: true };
  return becomeIdle({ ...state, row }, { lastCheckedAt: new Date(now) }, now + POSTPONED_MS);
}

/** Nothing came of a check. */
function checkAgain(state: KnownState, { now }: Moment, delay = 0): Step {
  if (state.row.removedAt !== null) return dispose(state);
  const isOff = state.row.paused && !state.isCheckWanted && state.findings.nextCheckAt === null;
  return becomeIdle(state, {}, isOff ? undefined : now + delay);
}

/** @param nextCheckAt undefined: not before it is asked for */
function becomeIdle(state: KnownState, found: Partial<Findings>, nextCheckAt: number | undefined): Step {
  const idle: KnownState = { ...state, phase: { name: 'IDLE' } };
  const at = nextCheckAt === undefined ? null : new Date(nextCheckAt);
  return alsoDo(
    note(idle, { ...found, activity: null, nextCheckAt: at }),
    nextCheckAt === undefined ? UNSCHEDULE : schedule(nextCheckAt),
  );
}

// Imports

function beginImporting(state: KnownState, importId: string, problem: Problem | undefined): Step {
  if (state.row.removedAt !== null) return dispose(state);
  const importing: KnownState = { ...state, phase: { name: 'IMPORTING', importId, problem } };
  return alsoDo(note(importing, { activity: 'IMPORTING' }), { type: 'awaitImport', importId });
}

function beginConcluding(state: KnownState, moment: Moment): Step {
  const { phase, row, findings, troubles, isCheckWanted } = state;
  if (phase.name !== 'CONCLUDING') return [state];
  const { ended, problem } = phase;
  const conclusion = conclude({ ended, problem, row, findings, troubles }, moment);
  const isOff = row.paused || row.removedAt !== null;
  const nextCheckAt = isCheckWanted ? new Date(moment.now) : isOff ? null : conclusion.nextCheckAt;
  return [
    { ...state, phase: { ...phase, isRefused: false } },
    {
      type: 'conclude',
      importId: ended.importId,
      clientRevision: row.clientRevision,
      conclusion: { ...conclusion, nextCheckAt },
    },
  ];
}

// What is written

function foundIn({
  activity,
  failures,
  errorCode,
  errorMessage,
  lastCheckedAt,
  nextCheckAt,
}: WatchedRow): Findings {
  return { activity, failures, errorCode, errorMessage, lastCheckedAt, nextCheckAt, validators: null };
}

function note(state: KnownState, found: Partial<Findings>): Step {
  const noted = { ...state, findings: { ...state.findings, ...found } };
  return [noted, write(noted)];
}

/** Writes what was found out unless the row says the same. */
function writeIfNew(state: KnownState, ...effects: Effect[]): Step {
  const { findings, row } = state;
  const written = foundIn(row);
  const isWritten =
    findings.activity === written.activity &&
    findings.failures === written.failures &&
    findings.errorCode === written.errorCode &&
    findings.errorMessage === written.errorMessage &&
    findings.validators === null &&
    findings.lastCheckedAt?.getTime() === written.lastCheckedAt?.getTime() &&
    findings.nextCheckAt?.getTime() === written.nextCheckAt?.getTime();
  return isWritten ? [state, ...effects] : [state, ...effects, write(state)];
}

function write({ id, row, findings }: KnownState): Effect {
  return { type: 'writeState', state: { id, clientRevision: row.clientRevision, ...findings } };
}

const ABORT: Effect = { type: 'abortCheck' };
const UNSCHEDULE: Effect = { type: 'unschedule' };

function schedule(at: number): Effect {
  return { type: 'schedule', at };
}

/** @param effects are carried out first */
function alsoDo([state, ...rest]: Step, ...effects: Effect[]): Step {
  return [state, ...effects, ...rest];
}

function isKnown(state: SourceState): state is KnownState {
  return state.row !== undefined;
}
