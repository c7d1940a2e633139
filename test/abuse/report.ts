// The tables of `npm run abuse`.

import { alignTable } from '../../src/cli/output/format.ts';
import { OPERATIONS } from './normal-client.ts';
import type { Outcomes } from './outcomes.ts';
import { latencyIn, type Measured, peakIn, type Span } from './verdict.ts';

export interface AttackReport {
  name: string;
  outcomes: Outcomes;
  span: Span;
}

/** The most frequent; the rest are added up. */
const SHOWN = 8;

export function attackTable(attacks: readonly AttackReport[], { answers }: Measured): string {
  const rows = attacks.map(({ name, outcomes, span }) => {
    const worst = OPERATIONS.map((operation) => latencyIn(answers, operation, span).p99);
    return [name, outcomes.sent, ms(Math.max(...worst)), answersOf(outcomes)];
  });
  return alignTable([['attack', 'sent', 'normal p99', 'answers'], ...rows]);
}

export function latencyTable({ answers, baseline, attacks }: Measured): string {
  const rows = OPERATIONS.flatMap((operation) =>
    (
      [
        ['before', baseline],
        ['during', attacks],
      ] as const
    ).map(([when, span]) => {
      const { answers: count, failed, p50, p99, most } = latencyIn(answers, operation, span);
      return [operation, when, count, failed, ms(p50), ms(p99), ms(most)];
    }),
  );
  return alignTable([['normal client', '', 'answers', 'failed', 'p50', 'p99', 'most'], ...rows]);
}

export function importTable({ imports, baseline, attacks }: Measured): string {
  const rows = (
    [
      ['before', baseline],
      ['during', attacks],
    ] as const
  ).map(([when, { from, to }]) => {
    const within = imports.filter(({ begun }) => begun >= from && begun < to);
    const seconds = within.map((each) => each.seconds).sort((a, b) => a - b);
    const failed = within.filter(({ fault }) => fault).length;
    const figures = [seconds[Math.floor(seconds.length / 2)], seconds.at(-1)];
    return ['imports', when, within.length, failed, ...figures.map((each) => `${each?.toFixed(1) ?? '-'} s`)];
  });
  return alignTable([['', '', 'ended', 'failed', 'median', 'most'], ...rows]);
}

export function memoryLine({ memory, baseline, attacks }: Measured): string {
  const [before, during] = [peakIn(memory, baseline), peakIn(memory, attacks)];
  const after = memory.at(-1)?.memory ?? Number.NaN;
  return `Memory: at most ${mb(before)} before, ${mb(during)} during the attacks; ${mb(after)} after them`;
}

function answersOf({ counts }: Outcomes): string {
  const shown = counts.slice(0, SHOWN).map(([outcome, times]) => `${outcome}: ${times}`);
  const rest = counts.slice(SHOWN).reduce((sum, [, times]) => sum + times, 0);
  return [...shown, ...(rest > 0 ? [`others: ${rest}`] : [])].join(', ');
}

function ms(value: number): string {
  return Number.isNaN(value) ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function mb(value: number): string {
  return `${value.toFixed(0)} MB`;
}
