// The rules by which a data source is watched, as a state machine: from a state and an event to the next state and the effects
// to carry out. It uses no clock, no random numbers and no database, so that tests can try every order of events.
//
// A source has at most one check or one import at a time. While a check is running, nothing else starts for it: however the
// check ends, it reports its end first. What only the database can decide (a claim, a conclusion) is decided there; if it
// refuses, the row has changed, so it is read again.

import {
  beginCheck,
  checkAgain,
  endFailed,
  endUnchanged,
  isChecking,
  isOutdated,
  postpone,
  queueCheck,
} from './checks.ts';
import { isOurFault } from './import-conclusion.ts';
import { beginConcluding, beginImporting } from './imports.ts';
import { takeRow } from './row-changes.ts';
import { settle } from './settle.ts';
import type { Moment, SourceEvent, SourceState, Step } from './source-state.ts';
import { alsoDo, isKnown, type KnownState, note } from './steps.ts';

/** Delay before the next check of a source that another process has claimed. */
const CLAIM_REFUSED_MS = 1000;

export function unreadSource(id: string): SourceState {
  return {
    id,
    phase: { name: 'UNREAD' },
    row: undefined,
    findings: {
      activity: null,
      failures: 0,
      errorCode: null,
      errorMessage: null,
      lastCheckedAt: null,
      nextCheckAt: null,
      validators: null,
    },
    isCheckWanted: false,
    troubles: 0,
  };
}

/** @returns the next state and the effects to carry out */
export function transition(state: SourceState, event: SourceEvent, moment: Moment): Step {
  switch (event.type) {
    case 'rowChanged':
    case 'writeRefused':
      return [state, { type: 'readRow' }];
    case 'rowRead':
      return takeRow(state, event.row, moment);
    default:
      // Nothing starts for a source before its row is read.
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
      return isChecking(phase) ? postpone(state, event, moment) : [state];
    case 'fetchStarted':
      return isChecking(phase)
        ? note(state, { activity: 'FETCHING', lastCheckedAt: new Date(moment.now) })
        : [state];
    case 'claimGranted':
      // As any row that is read, the claimed one may contain a client's command.
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
