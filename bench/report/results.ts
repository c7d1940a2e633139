// Collects what the rounds measure.

import type { Answer } from '../processes/latency-probe.ts';
import type { Metric } from './metric.ts';
import { quantile } from './statistics.ts';
import type { Parts } from './stopwatch.ts';

export interface LatencyLimits {
  p50?: number;
  p99?: number;
  most?: number;
}

export class Results {
  /** By the name of a kind of run: its durations, one for each round. */
  readonly durations = new Map<string, Parts[]>();
  /** By the ID of a metric: its values, one for each round. */
  readonly metrics = new Map<string, { metric: Metric; values: number[] }>();
  /** By what was requested: milliseconds until each answer, of all rounds. */
  readonly latencies = new Map<string, number[]>();

  addDurations(run: string, parts: Parts): void {
    append(this.durations, run, [parts]);
  }

  /** @param value undefined if it cannot be measured on this platform */
  add(metric: Metric, value: number | undefined): void {
    if (value === undefined) return;
    const measured = this.metrics.get(metric.id);
    if (measured) measured.values.push(value);
    else this.metrics.set(metric.id, { metric, values: [value] });
  }

  /** Adds p50, p99 and the maximum of a round in milliseconds, and the number of failed requests if there are any. */
  addLatencies(id: string, what: string, answers: readonly Answer[], limits: LatencyLimits): void {
    if (answers.length === 0) return;
    const latencies = answers.map(({ ms }) => ms);
    append(this.latencies, what, latencies);
    const add = (name: keyof LatencyLimits, share: number) => {
      const limit = limits[name];
      this.add(
        {
          id: `${id}.${name}`,
          what: `${name} of ${what}`,
          unit: 'ms',
          ...(limit !== undefined && { atMost: limit }),
          judgedBy: name === 'most' ? 'most' : 'median',
        },
        quantile(latencies, share),
      );
    };
    add('p50', 0.5);
    add('p99', 0.99);
    add('most', 1);
    const errors = answers.flatMap(({ error }) => error ?? []);
    if (errors.length > 0) {
      const failed = `failed requests: ${what} (${errors[0]})`;
      this.add(
        { id: `${id}.failed`, what: failed, unit: 'count', atMost: 0, judgedBy: 'most' },
        errors.length,
      );
    }
  }
}

function append<T>(lists: Map<string, T[]>, key: string, values: readonly T[]): void {
  const list = lists.get(key) ?? [];
  list.push(...values);
  lists.set(key, list);
}
