// What a run of rounds prints: a line for each, and a table of all.

import { alignTable, formatDuration } from '../../src/cli/output/format.ts';
import type { Played } from './play.ts';

export function progressLine(at: number, rounds: number, played: Played): string {
  const { fault, seed, outcome, seconds, looks, notes } = played;
  const number = `${at}/${rounds}`.padStart(2 * String(rounds).length + 1);
  const details = [...notes, `${looks} looks`].join(', ');
  return `${number}  ${fault.name.padEnd(27)} ${outcome.padEnd(18)} ${formatDuration(seconds).padStart(8)}  seed ${seed}  ${details}`;
}

export function complaintOf({ fault, seed, complaint }: Played): string {
  const indented = complaint?.replaceAll('\n', '\n    ');
  return `    ${indented}\n    Again: npm run torture -- --rounds 1 --seed ${seed} --fault ${fault.name}`;
}

export function table(all: readonly Played[]): string {
  const rows = [...new Set(all.map(({ fault }) => fault.name))].map((name) => {
    const outcomes = all.filter(({ fault }) => fault.name === name).map(({ outcome }) => outcome);
    return [name, ...tally(outcomes)];
  });
  const total = ['all', ...tally(all.map(({ outcome }) => outcome))];
  return alignTable([['fault', 'rounds', 'resumed', 'failed as promised', 'wrong'], ...rows, total]);
}

function tally(outcomes: readonly Played['outcome'][]): number[] {
  const count = (wanted: Played['outcome']) => outcomes.filter((outcome) => outcome === wanted).length;
  return [outcomes.length, count('resumed'), count('failed as promised'), count('wrong')];
}
