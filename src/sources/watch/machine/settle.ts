// Where a source goes on when nothing is under way for it.

import type { Moment, Step } from './source-state.ts';
import { foundIn, type KnownState, schedule, UNSCHEDULE, writeIfNew } from './steps.ts';

/** With nothing under way, continues as the row says. */
export function settle(state: KnownState, moment: Moment): Step {
  const { row, isCheckWanted } = state;
  if (row.removedAt !== null) return dispose(state);
  if (row.importId !== null) {
    const importing: KnownState = {
      ...state,
      phase: { name: 'IMPORTING', importId: row.importId, problem: undefined },
      findings: { ...foundIn(row), activity: 'IMPORTING' },
      // A check may have been requested before this process learned of the import.
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

/** For a removed source without a running check: cancels its import, then releases its claims. */
export function dispose(state: KnownState): Step {
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
