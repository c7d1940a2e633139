// What a run has measured, and what of it falls short.

import { quantile } from '../../bench/report/statistics.ts';
import type { Sample } from './memory-watch.ts';
import type { Answers, NormalImport, Operation } from './normal-client.ts';
import { OPERATIONS } from './normal-client.ts';
import type { Holdings } from './target.ts';

/** In milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

export interface Measured {
  baseline: Span;
  attacks: Span;
  answers: Answers;
  imports: readonly NormalImport[];
  memory: readonly Sample[];
  /** Before the attacks, and once they are over. */
  before: Holdings;
  after: Holdings;
  loggedErrors: readonly string[] | undefined;
}

export interface Latency {
  answers: number;
  failed: number;
  /** In milliseconds. NaN without answers. */
  p50: number;
  p99: number;
  most: number;
}

export const MAX_P99_MS = 200;
export const MAX_GROWTH_MB = 100;

export function latencyIn(answers: Answers, operation: Operation, { from, to }: Span): Latency {
  const within = answers[operation].filter(({ due }) => due >= from && due < to);
  const milliseconds = within.map(({ ms }) => ms);
  return {
    answers: within.length,
    failed: within.filter(({ error }) => error !== undefined).length,
    p50: quantile(milliseconds, 0.5),
    p99: quantile(milliseconds, 0.99),
    most: quantile(milliseconds, 1),
  };
}

/** MB. NaN without samples. */
export function peakIn(memory: readonly Sample[], { from, to }: Span): number {
  const within = memory.filter(({ at }) => at >= from && at < to).map((sample) => sample.memory);
  return quantile(within, 1);
}

/** What a server holds more of than before, by name. */
export function leftBehind(before: Holdings, after: Holdings): [name: string, more: number][] {
  return Object.entries(after)
    .map(([name, count]): [string, number] => [name, count - (before[name] ?? 0)])
    .filter(([, more]) => more > 0);
}

/** @returns what falls short, a sentence each; nothing if all is well */
export function shortfalls(measured: Measured): string[] {
  const { baseline, attacks, answers, imports, memory, before, after, loggedErrors = [] } = measured;
  const found: string[] = [];
  for (const operation of OPERATIONS) {
    const { p99, failed } = latencyIn(answers, operation, attacks);
    if (!(p99 < MAX_P99_MS))
      found.push(`The p99 of ${operation} is ${p99.toFixed(0)} ms, not under ${MAX_P99_MS} ms.`);
    if (failed > 0) {
      const example = answers[operation].find(({ error }) => error !== undefined)?.error;
      found.push(`${failed} requests for ${operation} failed, for example: ${example}.`);
    }
  }
  const ended = imports.filter(({ begun, seconds }) => begun + seconds * 1000 > attacks.from);
  if (ended.length === 0) found.push('No import of the normal client ended.');
  for (const { fault } of imports) if (fault) found.push(`An import of the normal client failed: ${fault}.`);
  const growth = peakIn(memory, attacks) - peakIn(memory, baseline);
  if (growth >= MAX_GROWTH_MB)
    found.push(`Memory grew by ${growth.toFixed(0)} MB, not by less than ${MAX_GROWTH_MB} MB.`);
  const left = leftBehind(before, after).map(([name, more]) => `${name} (${more})`);
  if (left.length > 0) found.push(`Left behind: ${left.join(', ')}.`);
  for (const line of loggedErrors) found.push(`The server logged an error: ${line}`);
  return found;
}
