// Beginning and conclusion of an import.

import { conclude } from './import-conclusion.ts';
import { dispose } from './settle.ts';
import type { Moment, Problem, Step } from './source-state.ts';
import { alsoDo, type KnownState, note } from './steps.ts';

export function beginImporting(state: KnownState, importId: string, problem: Problem | undefined): Step {
  if (state.row.removedAt !== null) return dispose(state);
  const importing: KnownState = { ...state, phase: { name: 'IMPORTING', importId, problem } };
  return alsoDo(note(importing, { activity: 'IMPORTING' }), { type: 'awaitImport', importId });
}

export function beginConcluding(state: KnownState, moment: Moment): Step {
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
