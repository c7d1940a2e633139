// What a new version of a source's row changes.

import type { WatchedRow } from '../../../db/sources/source-watch-store.ts';
import { queueCheck } from './checks.ts';
import { beginConcluding } from './imports.ts';
import { dispose, settle } from './settle.ts';
import type { Moment, SourceState, Step } from './source-state.ts';
import {
  ABORT,
  alsoDo,
  foundIn,
  isKnown,
  type KnownState,
  schedule,
  UNSCHEDULE,
  writeIfNew,
} from './steps.ts';

export function takeRow(state: SourceState, row: WatchedRow | undefined, moment: Moment): Step {
  if (!row) return [{ ...state, phase: { name: 'GONE' } }];
  if (!isKnown(state)) return settle({ ...state, row }, moment);
  // An outdated read: a newer version is known.
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
      // Its address may have changed, and with it the host whose slot it waits for.
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
