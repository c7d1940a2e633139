// A line of JSON for each benchmark, so that a slower commit is seen.

import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { isMet, judgedValue, type Metric } from './metric.ts';
import type { Results } from './results.ts';
import { median } from './statistics.ts';

export interface HistoryEntry {
  date: string;
  commit: string | undefined;
  /** CPU, cores, memory, platform and the major version of Postgres: only equal ones are compared. */
  machine: string;
  rows: number;
  rounds: number;
  /** By the ID of the metric. */
  ratios: Record<string, number>;
}

export interface Slowdown {
  metric: Metric;
  value: number;
  /** The median of the entries that it is compared with. */
  before: number;
}

const ENTRIES = 5;
const TOLERANCE = 1.1;

export function historyEntry(
  { date, commit, cpu, cores, memoryGb, platform, postgres }: Machine,
  rows: number,
  rounds: number,
  results: Results,
): HistoryEntry {
  const [version] = postgres.split('.');
  const ratios: Record<string, number> = {};
  for (const { metric, values } of results.metrics.values()) {
    if (metric.unit === 'ratio') ratios[metric.id] = Number(judgedValue(metric, values).toFixed(4));
  }
  const machine = `${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Postgres ${version}`;
  return { date, commit, machine, rows, rounds, ratios };
}

/** @returns ratios over 10% worse than the median of the last five entries of the same machine and number of rows */
export function slowdowns(
  history: readonly HistoryEntry[],
  entry: HistoryEntry,
  results: Results,
): Slowdown[] {
  const comparable = history.filter(({ machine, rows }) => machine === entry.machine && rows === entry.rows);
  return [...results.metrics.values()].flatMap(({ metric }) => {
    const value = entry.ratios[metric.id];
    const earlier = comparable.flatMap(({ ratios }) => ratios[metric.id] ?? []).slice(-ENTRIES);
    if (value === undefined || earlier.length === 0) return [];
    const before = median(earlier);
    const limit =
      metric.atLeast === undefined ? { atMost: before * TOLERANCE } : { atLeast: before / TOLERANCE };
    return isMet({ ...metric, ...limit }, value) ? [] : [{ metric, value, before }];
  });
}

export class History {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'history.jsonl');
  }

  async read(): Promise<HistoryEntry[]> {
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as HistoryEntry);
  }

  async append(entry: HistoryEntry): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify(entry)}\n`);
  }
}
