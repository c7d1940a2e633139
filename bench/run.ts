// `npm run bench` compares Loadstone with hand-written SQL and with batched upserts, on the same Postgres server.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { alignTable, formatDuration } from '../src/cli/output/format.ts';
import { INTERRUPTED, runCommand } from '../src/cli/run-command.ts';
import { startEmbeddedPostgres } from '../src/db/embedded/start-embedded-postgres.ts';
import { type Bench, type Measurement, sizesOf } from './bench.ts';
import { Catalogues } from './catalogue/catalogues.ts';
import { ChangeFiles } from './catalogue/change-files.ts';
import { Databases } from './catalogue/databases.ts';
import { SampleFiles } from './catalogue/sample-files.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { History, historyEntry, slowdowns } from './report/history.ts';
import { describeMachine } from './report/machine.ts';
import { areAllMet, json, markdown, type Report, tablesOf } from './report/report.ts';
import { Results } from './report/results.ts';

await runCommand(USAGE, async () => {
  const options = readOptions();
  await using stack = new AsyncDisposableStack();
  process.once('SIGINT', () => void stack.disposeAsync().finally(() => process.exit(INTERRUPTED)));
  const bench = await openBench(stack, options);

  const results = new Results();
  const rounds = await runRounds(bench, options, results);
  const machine = await describeMachine(await bench.databases.version());
  const history = new History(options.resultsFolder);
  const entry = historyEntry(machine, options.rows, rounds, results);
  const report = { machine, rounds, results, slowdowns: slowdowns(await history.read(), entry, results) };
  await writeReport(options.resultsFolder, report);
  await history.append(entry);
  for (const table of tablesOf(report)) console.log(`\n${alignTable(table)}`);
  return areAllMet(results) ? 0 : 1;
});

async function openBench(stack: AsyncDisposableStack, { databaseUrl, rows }: Options): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'loadstone-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const databases = new Databases(databaseUrl ?? (await startPostgres(stack, folder)));
  stack.defer(() => databases.close());
  const sizes = sizesOf(rows);
  const samples = new SampleFiles(folder, log);
  const catalogues = new Catalogues(databases, samples, log);
  const changes = new ChangeFiles({ folder, databases, catalogues, rows, catalogueRows: sizes.large, log });
  return { sizes, folder, databases, samples, catalogues, changes };
}

async function startPostgres(stack: AsyncDisposableStack, dataDir: string): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }) });
  stack.defer(() => postgres.close());
  return postgres.url;
}

/** @returns the number of rounds measured */
async function runRounds(
  bench: Bench,
  { measurements, rounds, minutes }: Options,
  results: Results,
): Promise<number> {
  const deadline = performance.now() + minutes * 60_000;
  for (const { prepare } of measurements) await prepare(bench);
  const warmUps = measurements.filter(({ warmsUp }) => warmsUp);
  for (const measurement of warmUps) await runOne('warm-up', bench, measurement, new Results(), 0);

  let longest = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    if (round > 0 && start + longest > deadline) {
      log(`no time for round ${round + 1}: --minutes allows more`);
      return round;
    }
    // Each round starts with a different measurement, so that none always follows the same one.
    const first = round % measurements.length;
    const when = `round ${round + 1} of ${rounds}`;
    for (const measurement of [...measurements.slice(first), ...measurements.slice(0, first)]) {
      await runOne(when, bench, measurement, results, round);
    }
    longest = Math.max(longest, performance.now() - start);
  }
  return rounds;
}

async function runOne(
  when: string,
  bench: Bench,
  { name, measure }: Measurement,
  results: Results,
  round: number,
): Promise<void> {
  const start = performance.now();
  await measure(bench, results, round);
  log(`${when}: ${name.padEnd(12)} ${formatDuration((performance.now() - start) / 1000)}`);
}

async function writeReport(folder: string, report: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${report.machine.date.replace(':', '-')}.json`), json(report));
  await writeFile(join(folder, 'latest.md'), markdown(report));
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
