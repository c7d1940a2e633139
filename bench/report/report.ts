// The results as tables and as JSON.

import type { Slowdown } from './history.ts';
import type { Machine } from './machine.ts';
import { formatLimit, formatValue, isMet, judgedValue, type Metric } from './metric.ts';
import type { Results } from './results.ts';
import { median, quantile } from './statistics.ts';
import type { Parts } from './stopwatch.ts';

export interface Report {
  machine: Machine;
  rounds: number;
  results: Results;
  slowdowns: readonly Slowdown[];
}

const TIMES_HEAD = ['run', 'median', 'least', 'most', 'parts (medians)'];
const METRICS_HEAD = ['requirement', 'required', 'measured', 'least', 'most', ''];
const LATENCIES_HEAD = ['asked', 'answers', 'p50', 'p99', 'most'];
const SLOWDOWNS_HEAD = ['slower than before', 'before', 'now'];

/** Tables with their heads. Those without rows are left out. */
export function tablesOf({ results, slowdowns }: Report): string[][][] {
  const tables = [
    [TIMES_HEAD, ...durationRows(results)],
    [METRICS_HEAD, ...metricRows(results)],
    [LATENCIES_HEAD, ...latencyRows(results)],
    [SLOWDOWNS_HEAD, ...slowdowns.map(slowdownRow)],
  ];
  return tables.filter((table) => table.length > 1);
}

export function markdown(report: Report): string {
  const { machine, rounds } = report;
  const { cores, memoryGb, platform, node, postgres } = machine;
  return [
    `# Benchmark, ${machine.date}`,
    `${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}, Postgres ${postgres}, commit ${machine.commit ?? 'unknown'}; \
rounds measured, runs taking turns: ${rounds}. Times in seconds. A ratio is the median of those of the rounds.`,
    ...tablesOf(report).map(markdownTable),
    '',
  ].join('\n\n');
}

/** @returns all measurements, with latencies summarized by quantiles */
export function json({ machine, rounds, results, slowdowns }: Report): string {
  const latencies = Object.fromEntries(
    [...results.latencies].map(([what, values]) => [
      what,
      {
        answers: values.length,
        p50: quantile(values, 0.5),
        p99: quantile(values, 0.99),
        most: quantile(values, 1),
      },
    ]),
  );
  const measured = {
    machine,
    rounds,
    metrics: [...results.metrics.values()],
    durations: Object.fromEntries(results.durations),
    latencies,
    slowdowns,
  };
  return `${JSON.stringify(measured, undefined, 2)}\n`;
}

export function areAllMet(results: Results): boolean {
  return [...results.metrics.values()].every(({ metric, values }) =>
    isMet(metric, judgedValue(metric, values)),
  );
}

function durationRows(results: Results): string[][] {
  return [...results.durations].map(([name, runs]) => {
    const totals = runs.map(({ total }) => total);
    const figures = [median(totals), Math.min(...totals), Math.max(...totals)];
    return [name, ...figures.map((seconds) => seconds.toFixed(2)), partsText(runs)];
  });
}

function partsText(runs: Parts[]): string {
  const names = Object.keys(runs[0] ?? {}).filter((part) => part !== 'total');
  return names
    .map((name) => `${name} ${median(runs.flatMap((parts) => parts[name] ?? [])).toFixed(2)}`)
    .join(', ');
}

function metricRows(results: Results): string[][] {
  return [...results.metrics.values()].map(({ metric, values }) => {
    const value = judgedValue(metric, values);
    const figures = [value, Math.min(...values), Math.max(...values)];
    return [
      metric.what,
      formatLimit(metric),
      ...figures.map((figure) => formatValue(metric.unit, figure)),
      verdict(metric, value),
    ];
  });
}

function verdict(metric: Metric, value: number): string {
  if (metric.atMost === undefined && metric.atLeast === undefined) return '';
  return isMet(metric, value) ? 'met' : 'FALLS SHORT';
}

function latencyRows(results: Results): string[][] {
  return [...results.latencies].map(([what, values]) => [
    what,
    String(values.length),
    ...[0.5, 0.99, 1].map((share) => formatValue('ms', quantile(values, share))),
  ]);
}

function slowdownRow({ metric, value, before }: Slowdown): string[] {
  return [metric.what, formatValue(metric.unit, before), formatValue(metric.unit, value)];
}

function markdownTable([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
