// The output of `npm run torture`: a line for each round, and a summary table.

import { alignTable, formatDuration } from '../../src/cli/output/format.ts';
import type { RoundResult } from './run-round.ts';

export function progressLine(at: number, rounds: number, result: RoundResult): string {
  const { fault, seed, outcome, seconds, checks, notes } = result;
  const number = `${at}/${rounds}`.padStart(2 * String(rounds).length + 1);
  const details = [...notes, `${checks} checks`].join(', ');
  return `${number}  ${fault.name.padEnd(27)} ${outcome.padEnd(18)} ${formatDuration(seconds).padStart(8)}  seed ${seed}  ${details}`;
}

export function describeFailure({ fault, seed, failure }: RoundResult): string {
  const indented = failure?.replaceAll('\n', '\n    ');
  return `    ${indented}\n    Run again: npm run torture -- --rounds 1 --seed ${seed} --fault ${fault.name}`;
}

export function table(all: readonly RoundResult[]): string {
  const rows = [...new Set(all.map(({ fault }) => fault.name))].map((name) => {
    const outcomes = all.filter(({ fault }) => fault.name === name).map(({ outcome }) => outcome);
    return [name, ...tally(outcomes)];
  });
  const total = ['all', ...tally(all.map(({ outcome }) => outcome))];
  return alignTable([['fault', 'rounds', 'resumed', 'failed as promised', 'wrong'], ...rows, total]);
}

function tally(outcomes: readonly RoundResult['outcome'][]): number[] {
  const count = (wanted: RoundResult['outcome']) => outcomes.filter((outcome) => outcome === wanted).length;
  return [outcomes.length, count('resumed'), count('failed as promised'), count('wrong')];
}
