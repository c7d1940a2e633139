// Building blocks of the rules: what is written to the row of a source, and effects.

import type { WatchedRow } from '../../../db/sources/source-watch-store.ts';
import type { Effect, Findings, SourceState, Step } from './source-state.ts';

/** A source whose row was read at least once. */
export type KnownState = SourceState & { row: WatchedRow };

export function foundIn({
  activity,
  failures,
  errorCode,
  errorMessage,
  lastCheckedAt,
  nextCheckAt,
}: WatchedRow): Findings {
  return { activity, failures, errorCode, errorMessage, lastCheckedAt, nextCheckAt, validators: null };
}

export function note(state: KnownState, found: Partial<Findings>): Step {
  const noted = { ...state, findings: { ...state.findings, ...found } };
  return [noted, write(noted)];
}

/** Writes the findings, unless the row has them already. */
export function writeIfNew(state: KnownState, ...effects: Effect[]): Step {
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

export const ABORT: Effect = { type: 'abortCheck' };
export const UNSCHEDULE: Effect = { type: 'unschedule' };

export function schedule(at: number): Effect {
  return { type: 'schedule', at };
}

/** @param effects are carried out first */
export function alsoDo([state, ...rest]: Step, ...effects: Effect[]): Step {
  return [state, ...effects, ...rest];
}

export function isKnown(state: SourceState): state is KnownState {
  return state.row !== undefined;
}
