// `npm run torture`: rounds of imports, each with a fault at a random moment, verified against the files.

import {
  INTERRUPTED,
  interruptSignal,
  readArguments,
  runCommand,
  UsageError,
  wholeNumber,
} from '../../src/cli/run-command.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults/index.ts';
import { TorturePostgres } from './postgres.ts';
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
      fault: { type: 'string', default: FAULTS.map(({ name }) => name).join(',') },
      rows: { type: 'string', default: '30000' },
    },
  });
  const rounds = wholeNumber('--rounds', values.rounds, 1, 1e6);
  const seed = wholeNumber('--seed', values.seed, 0, LARGEST_SEED);
  const rows = wholeNumber('--rows', values.rows, 100, 1e6);
  const faults = readFaults(values.fault);
  const interrupt = interruptSignal();

  console.log(`Seed ${seed}`);
  const all: RoundResult[] = [];
  try {
    await using postgres = await TorturePostgres.start();
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

function readFaults(list: string): Fault[] {
  return list.split(',').map((text) => {
    const fault = FAULTS.find(({ name }) => name === text.trim());
    if (fault) return fault;
    throw new UsageError(`There is no fault "${text.trim()}".`);
  });
}
