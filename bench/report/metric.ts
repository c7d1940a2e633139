// What a benchmark measures once per round, and what is required of it.

import { median } from './statistics.ts';

export type Unit = 'ratio' | 'ms' | 's' | 'MB' | 'count';

export interface Metric {
  /** Names the metric in the history, so it must not change. */
  id: string;
  what: string;
  unit: Unit;
  /** No limit: the metric is reported, but nothing is required of it. */
  atMost?: number;
  atLeast?: number;
  /** Which of the rounds counts. Default: median. */
  judgedBy?: 'median' | 'most';
}

const FORMATS: Record<Unit, (value: number) => string> = {
  ratio: (value) => `${value.toFixed(2)} ×`,
  ms: (value) => `${value.toFixed(1)} ms`,
  s: (value) => `${value.toFixed(2)} s`,
  MB: (value) => `${Math.round(value)} MB`,
  count: (value) => value.toLocaleString('en-US'),
};

export function formatValue(unit: Unit, value: number): string {
  return FORMATS[unit](value);
}

/** @param values of all rounds */
export function judgedValue({ judgedBy }: Metric, values: readonly number[]): number {
  return judgedBy === 'most' ? Math.max(...values) : median(values);
}

export function isMet({ atMost, atLeast }: Metric, value: number): boolean {
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

export function formatLimit({ atMost, atLeast, unit }: Metric): string {
  if (atMost !== undefined) return `≤ ${formatValue(unit, atMost)}`;
  return atLeast === undefined ? '' : `≥ ${formatValue(unit, atLeast)}`;
}

/** Of the server's process, over a whole run. */
export function peakMemory(measurement: string, what: string): Metric {
  return {
    id: `${measurement}.memory`,
    what: `most memory of the server, ${what}`,
    unit: 'MB',
    atMost: 300,
    judgedBy: 'most',
  };
}
