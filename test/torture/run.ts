// `npm run torture`: rounds of imports, each with a fault at a random moment, each judged by the files alone.

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
import { type Played, play } from './play.ts';
import { TorturePostgres } from './postgres.ts';
import { Random } from './random.ts';
import { complaintOf, progressLine, table } from './report.ts';

const LARGEST_SEED = 2 ** 32 - 1;

const USAGE = `Imports files while servers, Postgres, networks, disks and clients fail, and checks every row of what comes of it.

  npm run torture [-- options]

  --rounds N     how many rounds, each with one fault (20)
  --seed S       repeats the choices of an earlier run: faults, files, moments (random, and printed)
  --fault NAMES  only these faults, with commas between
  --rows N       rows of a file at most (30000)

Faults:
${FAULTS.map(({ name, about }) => `  ${name.padEnd(28)} ${about}`).join('\n')}

Each round runs one or two servers, and a Postgres of its own kind, in processes. It ends "resumed" when all imports
completed with exactly what their files say, "failed as promised" when one failed in the way that is documented for the
fault and left the catalogue alone, and "wrong" otherwise. Exit status: 1 when a round is wrong.
A seed repeats the choices, but no machine repeats its timing.`;

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
  const all: Played[] = [];
  try {
    await using postgres = await TorturePostgres.start();
    for (const { fault, seed: roundSeed } of plan(faults, seed, rounds)) {
      const played = await play(postgres, fault, { seed: roundSeed, rows }, interrupt);
      all.push(played);
      console.log(progressLine(all.length, rounds, played));
      if (played.complaint) console.log(complaintOf(played));
    }
  } catch (error) {
    if (!interrupt.aborted) throw error;
  }
  if (all.length > 0) console.log(`\n${table(all)}`);
  if (interrupt.aborted) return INTERRUPTED;
  return all.some(({ outcome }) => outcome === 'wrong') ? 1 : 0;
});

// What was under way in an interrupted round would wait on for what does not come.
process.exit();

/** The first round has the given seed itself. All faults have their turn before one comes again. */
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
