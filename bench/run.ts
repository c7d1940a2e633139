// `npm run bench` compares Loadstone with hand-written SQL and with batched upserts, on the same Postgres server.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { alignTable, formatCount, formatDuration } from '../src/cli/output/format.ts';
import { INTERRUPTED, readArguments, runCommand, UsageError, wholeNumber } from '../src/cli/run-command.ts';
import { writeSampleFile } from '../src/cli/sample/write-sample.ts';
import { startEmbeddedPostgres } from '../src/db/embedded/start-embedded-postgres.ts';
import { runDrizzle } from './baseline-drizzle.ts';
import { runRawSql } from './baseline-raw-sql.ts';
import { Databases } from './databases.ts';
import { type Expected, expectedOf } from './expected.ts';
import { runLoadstone } from './loadstone.ts';
import {
  json,
  type Machine,
  type Measurements,
  markdown,
  requirementCells,
  requirements,
  timings,
} from './report.ts';

const USAGE = `Compares Loadstone with raw SQL and with batches of upserts, on a new embedded Postgres.

  npm run bench [-- options]

  --rounds N     measured rounds after a warm-up, each with all runs (default: 3)
  --rows N       rows of the file; the big file has ten times as many (default: 500000)
  --only LIST    a comma-separated list of runs: raw-sql,drizzle,loadstone,gzip,big,probed

Writes bench/results/<date>.json and latest.md. Exit status: 1 if a requirement is not met.`;

const KINDS = ['raw-sql', 'drizzle', 'loadstone', 'gzip', 'big', 'probed'] as const;
type Kind = (typeof KINDS)[number];

const RESULTS = join(import.meta.dirname, 'results');
/** How many times as many rows the big file has. */
const BIG_FACTOR = 10;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      rounds: { type: 'string', default: '3' },
      rows: { type: 'string', default: '500000' },
      only: { type: 'string', default: KINDS.join(',') },
    },
  });
  const rounds = wholeNumber('--rounds', values.rounds, 1, 100);
  const rows = wholeNumber('--rows', values.rows, 1, 1e9);
  const kinds = readKinds(values.only);

  await using stack = new AsyncDisposableStack();
  process.once('SIGINT', () => void stack.disposeAsync().finally(() => process.exit(INTERRUPTED)));
  const folder = await mkdtemp(join(tmpdir(), 'loadstone-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: pino({ level: 'warn' }) });
  stack.defer(() => postgres.close());
  const databases = new Databases(postgres.url);
  stack.defer(() => databases.close());

  const runs = await prepareRuns(folder, databases, rows, kinds);
  const measured = await measure(runs, rows, rounds);
  const machine = await describeMachine(databases);
  await report(machine, measured);
  return requirements(measured).every(({ met }) => met) ? 0 : 1;
});

interface Run {
  kind: Kind;
  /** Runs once and records the measurements. @returns the duration of the first import in seconds */
  once: (measured: Measurements) => Promise<number>;
}

async function prepareRuns(
  folder: string,
  databases: Databases,
  rows: number,
  kinds: readonly Kind[],
): Promise<Run[]> {
  const sample = async (name: string, count: number) => {
    const file = join(folder, name);
    log(`generating ${name}, ${formatCount(count)} rows`);
    await writeSampleFile(file, { rows: count, seed: 1 });
    return file;
  };
  const plain = await sample('sample.csv', rows);
  const gzip = kinds.includes('gzip') ? await sample('sample.csv.gz', rows) : '';
  const big = kinds.includes('big') ? await sample('big.csv', rows * BIG_FACTOR) : '';
  log('computing the expected catalogues');
  const expected = await expectedOf(plain);
  const expectedBig = big ? await expectedOf(big) : expected;

  const loadstone = (file: string, what: Expected, options: { repeat: boolean; probed: boolean }) =>
    databases.withFresh((url) => runLoadstone(url, file, what, options));
  const recorded = <T>(list: T[], entry: T): T => {
    list.push(entry);
    return entry;
  };
  const all: Record<Kind, Run['once']> = {
    'raw-sql': async ({ rawSql }) =>
      recorded(rawSql, await databases.withFresh((url) => runRawSql(url, plain, expected))).first.total,
    drizzle: async ({ drizzle }) =>
      recorded(drizzle, await databases.withFresh((url) => runDrizzle(url, plain, expected))).total,
    loadstone: async (measured) =>
      recorded(measured.loadstone, await loadstone(plain, expected, { repeat: true, probed: false })).first
        .total,
    gzip: async (measured) =>
      recorded(measured.gzip, await loadstone(gzip, expected, { repeat: false, probed: false })).first.total,
    big: async (measured) =>
      recorded(measured.big, await loadstone(big, expectedBig, { repeat: false, probed: false })).first.total,
    probed: async ({ probed }) =>
      recorded(probed, await loadstone(plain, expected, { repeat: true, probed: true })).first.total,
  };
  return kinds.map((kind) => ({ kind, once: all[kind] }));
}

async function measure(runs: readonly Run[], rows: number, rounds: number): Promise<Measurements> {
  const warmUp = runs.filter(({ kind }) => kind === 'raw-sql' || kind === 'loadstone');
  for (const run of warmUp) await runAndReport('warm-up', run, noMeasurements(rows));

  const measured = noMeasurements(rows);
  for (let round = 0; round < rounds; round++) {
    // Each round starts with a different run, so that no run always follows the same one.
    const rotated = [...runs.slice(round % runs.length), ...runs.slice(0, round % runs.length)];
    for (const run of rotated) await runAndReport(`round ${round + 1} of ${rounds}`, run, measured);
  }
  return measured;
}

async function runAndReport(when: string, { kind, once }: Run, measured: Measurements): Promise<void> {
  log(`${when}: ${kind.padEnd(9)} ${formatDuration(await once(measured))}`);
}

function noMeasurements(rows: number): Measurements {
  return {
    rows,
    bigRows: rows * BIG_FACTOR,
    rawSql: [],
    drizzle: [],
    loadstone: [],
    gzip: [],
    big: [],
    probed: [],
  };
}

async function report(machine: Machine, measured: Measurements): Promise<void> {
  const verdicts = requirements(measured);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, `${machine.date.replace(':', '-')}.json`), json(machine, measured));
  await writeFile(join(RESULTS, 'latest.md'), markdown(machine, measured));
  console.log(`\n${alignTable([['', 'median', 'least', 'most', ''], ...timings(measured)])}`);
  console.log(`\n${alignTable([['', 'required', 'measured', ''], ...verdicts.map(requirementCells)])}`);
}

async function describeMachine(databases: Databases): Promise<Machine> {
  return {
    date: new Date().toISOString().slice(0, 16),
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    postgres: await databases.version(),
  };
}

function readKinds(list: string): Kind[] {
  const wanted = list.split(',').map((kind) => kind.trim());
  for (const kind of wanted) {
    if (!KINDS.includes(kind as Kind))
      throw new UsageError(`--only does not know "${kind}". Use a list of: ${KINDS.join(', ')}.`);
  }
  return KINDS.filter((kind) => wanted.includes(kind));
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
