// `npm run torture`: rounds of imports, each with a fault at a random moment, verified against the files.

import {
  INTERRUPTED,
  interruptSignal,
  readArguments,
  runCommand,
  UsageError,
  wholeNumber,
} from '../../src/cli/run-command.ts';
import { GIVEN_WORKERS } from '../support/database/template.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults/index.ts';
import { GivenCluster } from './machines/given-cluster.ts';
import { TorturePostgres } from './machines/postgres.ts';
import { Random } from './random.ts';
import { describeFailure, progressLine, table } from './report.ts';
import { type RoundResult, runRound } from './run-round.ts';

const LARGEST_SEED = 2 ** 32 - 1;

const USAGE = `Imports files while servers, Postgres, networks, disks and clients fail, and checks every row of the result.

  npm run torture [-- options]

  --rounds N     number of rounds, each with one fault (default: 20)
  --seed S       repeats the faults, files and moments of an earlier run (default: random, printed)
  --fault NAMES  only these faults, separated by commas
  --rows N       maximum rows per file (default: 30000)

  --postgres URL       the coordinator of a Citus cluster, which rounds then use instead of an embedded Postgres
  --workers URL,URL    its other nodes
  --node-command PATH  a program that kills and starts them: PATH kill HOST:PORT, PATH start HOST:PORT

The cluster must be one to be thrown away, on this machine, with a superuser in the URLs.

Faults:
${FAULTS.map(({ name, description }) => `  ${name.padEnd(28)} ${description}`).join('\n')}

Each round runs one or two server processes and a Postgres. It ends "resumed" if all imports completed with exactly the
content of their files, "failed as promised" if an import failed in the way documented for the fault and left the catalogue
unchanged, and "wrong" otherwise. Exit status: 1 if a round is wrong.
A seed reproduces the choices, but not the timing.`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * LARGEST_SEED)) },
      fault: { type: 'string' },
      rows: { type: 'string', default: '30000' },
      postgres: { type: 'string' },
      workers: { type: 'string' },
      'node-command': { type: 'string' },
    },
  });
  const rounds = wholeNumber('--rounds', values.rounds, 1, 1e6);
  const seed = wholeNumber('--seed', values.seed, 0, LARGEST_SEED);
  const rows = wholeNumber('--rows', values.rows, 100, 1e6);
  const { postgres: coordinator, workers, 'node-command': nodeCommand } = values;
  const given = [coordinator, workers, nodeCommand].filter((value) => value !== undefined).length;
  if (given % 3 !== 0) throw new UsageError('A cluster needs --postgres, --workers and --node-command.');
  if (workers) process.env[GIVEN_WORKERS] = workers;
  const faults = readFaults(values.fault, coordinator ? 'EMBEDDED' : 'CLUSTER');
  const interrupt = interruptSignal();

  console.log(`Seed ${seed}`);
  const all: RoundResult[] = [];
  try {
    await using postgres =
      coordinator && nodeCommand
        ? await GivenCluster.open(coordinator, nodeCommand)
        : await TorturePostgres.start();
    for (const { fault, seed: roundSeed } of plan(faults, seed, rounds)) {
      const result = await runRound(postgres, fault, { seed: roundSeed, rows }, interrupt);
      all.push(result);
      console.log(progressLine(all.length, rounds, result));
      if (result.failure) console.log(describeFailure(result));
    }
  } catch (error) {
    if (!interrupt.aborted) throw error;
  }
  if (all.length > 0) console.log(`\n${table(all)}`);
  if (interrupt.aborted) return INTERRUPTED;
  return all.some(({ outcome }) => outcome === 'wrong') ? 1 : 0;
});

// An interrupted round may still wait for events that will never happen.
process.exit();

/** The first round uses the given seed itself. No fault repeats before all others have run. */
function* plan(
  faults: readonly Fault[],
  seed: number,
  rounds: number,
): Generator<{ fault: Fault; seed: number }> {
  const random = new Random(seed);
  let waiting: Fault[] = [];
  for (let round = 0; round < rounds; round++) {
    if (waiting.length === 0) waiting = random.shuffled(faults);
    const fault = waiting.shift();
    if (fault) yield { fault, seed: round === 0 ? seed : random.seed() };
  }
}

/** @param missing what there is not, and some faults need */
function readFaults(list: string | undefined, missing: Fault['needs']): Fault[] {
  const possible = FAULTS.filter(({ needs }) => needs !== missing);
  if (list === undefined) return possible;
  return list.split(',').map((text) => {
    const fault = possible.find(({ name }) => name === text.trim());
    if (fault) return fault;
    throw new UsageError(`There is no fault "${text.trim()}" here.`);
  });
}
