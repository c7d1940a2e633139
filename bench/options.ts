// The options of `npm run bench`.

import { join } from 'node:path';
import { readArguments, UsageError, wholeNumber } from '../src/cli/run-command.ts';
import type { Measurement } from './bench.ts';
import { MEASUREMENTS } from './measurements/all.ts';

export interface Options {
  rounds: number;
  rows: number;
  measurements: readonly Measurement[];
  /** No round begins that would probably not be done by then. */
  minutes: number;
  /** Default: an embedded Postgres. */
  databaseUrl: string | undefined;
  resultsFolder: string;
}

const GROUPS = ['standard', 'large'] as const;
/** By default, a benchmark of standard measurements takes no longer than this. */
const DEFAULT_MINUTES = 10;
/** No limit in practice. */
const MAX_MINUTES = 10_000;

const listOf = (group: Measurement['group']) =>
  MEASUREMENTS.filter((each) => each.group === group)
    .map(({ name, what }) => `    ${name.padEnd(14)}${what}`)
    .join('\n');

export const USAGE = `Compares Loadstone with raw SQL and with batches of upserts, and measures latency, memory and growth.

  npm run bench [-- options]

  --only LIST      a comma-separated list of measurements, or of the groups standard and large (default: standard)
  --all            everything
  --rounds N       measured rounds, each with all measurements (default: 3)
  --rows N         rows of the file; other sizes are in proportion (default: 500000)
  --minutes N      begin no round that would end later, except the first (default: ${DEFAULT_MINUTES}; with large
                   measurements: unlimited)
  --database URL   a Postgres to use, by a user who may create databases (default: DATABASE_URL, or else a new
                   embedded Postgres)
  --results PATH   folder of the results (default: bench/results)

  standard:
${listOf('standard')}
  large, which takes long and needs up to 40 GB of disk:
${listOf('large')}

Writes <date>.json and latest.md, and appends a line to history.jsonl. Exit status: 1 if a requirement is not met.`;

export function readOptions(): Options {
  const { values } = readArguments({
    options: {
      rounds: { type: 'string', default: '3' },
      rows: { type: 'string', default: '500000' },
      only: { type: 'string', default: 'standard' },
      all: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      database: { type: 'string' },
      results: { type: 'string', default: join(import.meta.dirname, 'results') },
    },
  });
  const measurements = values.all ? MEASUREMENTS : selectMeasurements(values.only);
  const isLarge = measurements.some(({ group }) => group === 'large');
  const defaultMinutes = isLarge ? MAX_MINUTES : DEFAULT_MINUTES;
  return {
    rounds: wholeNumber('--rounds', values.rounds, 1, 100),
    rows: wholeNumber('--rows', values.rows, 1000, 1e8),
    measurements,
    minutes: wholeNumber('--minutes', values.minutes ?? String(defaultMinutes), 1, MAX_MINUTES),
    databaseUrl: values.database ?? (process.env['DATABASE_URL'] || undefined),
    resultsFolder: values.results,
  };
}

function selectMeasurements(list: string): Measurement[] {
  const wanted = list.split(',').map((name) => name.trim());
  const known = [...GROUPS, ...MEASUREMENTS.map(({ name }) => name)];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--only does not know "${unknown}". Use a list of: ${known.join(', ')}.`);
  }
  return MEASUREMENTS.filter(({ name, group }) => wanted.includes(name) || wanted.includes(group));
}
