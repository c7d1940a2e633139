// Formats medians, ratios and pass or fail results as tables.

import type { RawSqlTimes } from './baseline-raw-sql.ts';
import type { Latencies } from './latency-probe.ts';
import type { LoadstoneRun } from './loadstone.ts';
import type { Parts } from './stopwatch.ts';

/** Each list has one entry per round, and is empty if nothing was measured. */
export interface Measurements {
  rows: number;
  bigRows: number;
  rawSql: RawSqlTimes[];
  drizzle: Parts[];
  loadstone: LoadstoneRun[];
  gzip: LoadstoneRun[];
  big: LoadstoneRun[];
  probed: LoadstoneRun[];
}

export interface Machine {
  date: string;
  cores: number;
  memoryGb: number;
  platform: string;
  node: string;
  postgres: string;
}

export interface Requirement {
  what: string;
  required: string;
  measured: string;
  met: boolean;
}

const MIN_SPEEDUP_OVER_DRIZZLE = 3;
const MAX_RATIO_TO_RAW_SQL = 1.25;
const MAX_MEMORY_MB = 300;
const MAX_P99_MS = 100;
const MAX_TIME_PER_ROW_RATIO = 1.2;

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @returns NaN if there are no values */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (middle % 1);
}

/** @returns the requirements that were measured, with their results */
export function requirements(measured: Measurements): Requirement[] {
  const rawSql = median(measured.rawSql.map(({ first }) => first.total));
  const rawSqlRepeat = median(measured.rawSql.map(({ repeat }) => repeat.total));
  const drizzle = median(measured.drizzle.map(({ total }) => total));
  const loadstone = firstMedian(measured.loadstone);
  const repeat = median(measured.loadstone.flatMap((run) => run.repeat?.total ?? []));
  const written = Math.max(...measured.loadstone.map((run) => run.rowsWrittenByRepeat ?? 0));
  const perRow = firstMedian(measured.big) / measured.bigRows / (loadstone / measured.rows);
  const latencies = measured.probed.flatMap((run) => run.latencies ?? []);
  const p99 = {
    product: quantile(
      latencies.flatMap(({ product }) => product),
      0.99,
    ),
    counts: quantile(
      latencies.flatMap(({ productCounts }) => productCounts),
      0.99,
    ),
  };
  const all: (Requirement & { value: number })[] = [
    atMost('Loadstone ÷ raw SQL', loadstone / rawSql, MAX_RATIO_TO_RAW_SQL, ratio),
    {
      what: 'Drizzle batches ÷ Loadstone',
      value: drizzle / loadstone,
      required: `≥ ${ratio(MIN_SPEEDUP_OVER_DRIZZLE)}`,
      measured: ratio(drizzle / loadstone),
      met: drizzle / loadstone >= MIN_SPEEDUP_OVER_DRIZZLE,
    },
    atMost('the same file again: Loadstone ÷ raw SQL', repeat / rawSqlRepeat, 1, ratio),
    atMost('the same file again: products written', written, 0, String),
    atMost(
      `time per row: ${millions(measured.bigRows)} rows ÷ ${millions(measured.rows)} rows`,
      perRow,
      MAX_TIME_PER_ROW_RATIO,
      ratio,
    ),
    memory(measured.rows, measured.loadstone),
    memory(measured.rows, measured.gzip, ' as gzip'),
    memory(measured.bigRows, measured.big),
    atMost('p99 of product(sku) meanwhile', p99.product, MAX_P99_MS, milliseconds),
    atMost('p99 of productCountsByName meanwhile', p99.counts, MAX_P99_MS, milliseconds),
  ];
  return all.filter(({ value }) => Number.isFinite(value)).map(({ value: _, ...requirement }) => requirement);
}

export function markdown(machine: Machine, measured: Measurements): string {
  const rounds = Math.max(measured.rawSql.length, measured.drizzle.length, measured.loadstone.length);
  return `# Benchmark, ${machine.date}

${machine.cores} cores, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}, Postgres ${machine.postgres}; \
rounds measured after a warm-up, runs taking turns: ${rounds}. Times in seconds.

${table(['run', 'median', 'least', 'most', 'parts (medians)'], timings(measured))}

${table(['requirement', 'required', 'measured', ''], requirements(measured).map(requirementCells))}
${latencyText(measured)}`;
}

/** @returns all measurements as JSON, with latencies summarized by quantiles */
export function json(machine: Machine, measured: Measurements): string {
  const summary = (values: number[]) => {
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(values, share));
    return { answers: values.length, p50, p99, most };
  };
  const summarized = (key: string, value: unknown) => {
    if (key !== 'latencies') return value;
    const { product, productCounts } = value as Latencies;
    return { product: summary(product), productCounts: summary(productCounts) };
  };
  return `${JSON.stringify({ machine, requirements: requirements(measured), measured }, summarized, 2)}\n`;
}

export function requirementCells({ what, required, measured, met }: Requirement): string[] {
  return [what, required, measured, met ? 'met' : 'FALLS SHORT'];
}

/** @returns for each kind of run its name, median, minimum, maximum, and the medians of its parts */
export function timings(measured: Measurements): string[][] {
  const { rows, bigRows, rawSql, drizzle, loadstone, gzip, big, probed } = measured;
  const size = `${millions(rows)} rows`;
  const kinds: [string, Parts[]][] = [
    [`A: raw SQL, ${size}`, rawSql.map(({ first }) => first)],
    ['A: the same file again', rawSql.map(({ repeat }) => repeat)],
    [`B: csv-parse and Drizzle batches, ${size}`, drizzle],
    [`Loadstone, ${size}`, loadstone.map(({ first }) => first)],
    ['Loadstone: the same file again', loadstone.flatMap(({ repeat }) => repeat ?? [])],
    [`Loadstone, ${size} as gzip`, gzip.map(({ first }) => first)],
    [`Loadstone, ${millions(bigRows)} rows`, big.map(({ first }) => first)],
    [`Loadstone, ${size}, asked 100 times a second`, probed.map(({ first }) => first)],
  ];
  return kinds
    .filter(([, runs]) => runs.length > 0)
    .map(([name, runs]) => {
      const totals = runs.map(({ total }) => total);
      return [name, median(totals), Math.min(...totals), Math.max(...totals), partsText(runs)].map((cell) =>
        typeof cell === 'number' ? cell.toFixed(2) : cell,
      );
    });
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function partsText(runs: Parts[]): string {
  const names = Object.keys(runs[0] ?? {}).filter((part) => part !== 'total');
  return names
    .map((name) => `${name} ${median(runs.flatMap((parts) => parts[name] ?? [])).toFixed(2)}`)
    .join(', ');
}

function latencyText({ probed }: Measurements): string {
  const latencies = probed.flatMap((run) => run.latencies ?? []);
  if (latencies.length === 0) return '';
  const row = (name: string, values: number[]) => [
    name,
    String(values.length),
    ...[0.5, 0.99, 1].map((share) => milliseconds(quantile(values, share))),
  ];
  const rows = [
    row(
      '`product(sku)`',
      latencies.flatMap(({ product }) => product),
    ),
    row(
      '`productCountsByName(first: 20)`',
      latencies.flatMap(({ productCounts }) => productCounts),
    ),
  ];
  return `\n${table(['asked while imports run', 'answers', 'p50', 'p99', 'most'], rows)}\n`;
}

function firstMedian(runs: LoadstoneRun[]): number {
  return median(runs.map(({ first }) => first.total));
}

function memory(rows: number, runs: LoadstoneRun[], kind = ''): Requirement & { value: number } {
  const peaks = runs.flatMap(({ peakMemory }) => peakMemory ?? []);
  const what = `most memory of the server, ${millions(rows)} rows${kind}`;
  return atMost(what, peaks.length > 0 ? Math.max(...peaks) : Number.NaN, MAX_MEMORY_MB, megabytes);
}

function atMost(
  what: string,
  value: number,
  limit: number,
  format: (value: number) => string,
): Requirement & { value: number } {
  return { what, value, required: `≤ ${format(limit)}`, measured: format(value), met: value <= limit };
}

const ratio = (value: number) => `${value.toFixed(2)} ×`;
const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
const megabytes = (value: number) => `${Math.round(value)} MB`;
const millions = (rows: number) => rows.toLocaleString('en-US');
