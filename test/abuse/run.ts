// `npm run abuse`: hostile clients attack a server, while a normal one goes on and is measured.

import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  readArguments,
  runCommand,
  UsageError,
  untilInterrupted,
  wholeNumber,
} from '../../src/cli/run-command.ts';
import type { Attack } from './attack.ts';
import { Attacker } from './attacker.ts';
import { ATTACKS } from './attacks/index.ts';
import { watchMemory } from './memory-watch.ts';
import { NormalClient } from './normal-client.ts';
import { Outcomes } from './outcomes.ts';
import { startOwnServer } from './own-server.ts';
import { type AttackReport, attackTable, importTable, latencyTable, memoryLine } from './report.ts';
import { useRunningServer } from './running-server.ts';
import type { Holdings, Target } from './target.ts';
import { leftBehind, MAX_GROWTH_MB, MAX_P99_MS, type Measured, type Span, shortfalls } from './verdict.ts';

const DEFAULT_SECONDS = 100;
const WARM_UP_MS = 10_000;
const BASELINE_MS = 20_000;
/** The last part of the attacks: all at once. */
const TOGETHER = 0.2;
/** For what is still being worked on once the attackers are gone. */
const SETTLE_MS = 60_000;
const POLL_MS = 1000;
/** For what the warm-up leaves to be closed. */
const QUIET_MS = 3000;

const USAGE = `Attacks a server in many ways at once, while a normal client goes on, and says how both fared.

  npm run abuse [-- options]

  --seconds N           how long the attacks last (default: ${DEFAULT_SECONDS}); with the rest, it takes a minute longer
  --only LIST           only these attacks, separated by commas
  --url URL             a server that runs on this machine (default: one of its own, with its own Postgres, where access
                        is required)
  --token TOKEN         of the normal client, with the role writer, if that server needs one
  --attacker-token T    of the attackers; without one, they are strangers to a server that needs tokens

Attacks:
${ATTACKS.map(({ name, description }) => `  ${name.padEnd(21)} ${description}`).join('\n')}

The normal client queries and edits products 20 times a second, and imports a file of 20,000 rows every few seconds. It adds
21,000 products whose SKUs begin with "abuse-". Attacks that hold something open last all the time; the others take turns, and
are made all at once in the end. Attackers run at a low priority, as they would not share the server's processor.

Exit status: 0 if the p99 of each operation of the normal client is under ${MAX_P99_MS} ms, all its requests and imports succeed, the
server's memory grows by less than ${MAX_GROWTH_MB} MB, and nothing is left behind; 1 if not, 130 after Ctrl-C.`;

await runCommand(USAGE, async () => {
  const options = readOptions();
  return untilInterrupted(async (interrupt) => {
    await using opened = new AsyncDisposableStack();
    const { url, token, attackerToken } = options;
    const target = await (url === undefined
      ? startOwnServer(opened)
      : useRunningServer(url, token, attackerToken));
    const { measured, reports } = await measure(target, options, interrupt);
    const tables = [
      attackTable(reports, measured),
      latencyTable(measured),
      importTable(measured),
      memoryLine(measured),
    ];
    console.log(`\n${tables.join('\n\n')}`);
    const short = shortfalls(measured);
    console.log(`\n${short.length === 0 ? 'The server held.' : short.join('\n')}`);
    return short.length === 0 ? 0 : 1;
  });
});

// What an interrupted attack has left open.
process.exit();

type Options = ReturnType<typeof readOptions>;

function readOptions() {
  const { values } = readArguments({
    options: {
      seconds: { type: 'string', default: String(DEFAULT_SECONDS) },
      only: { type: 'string' },
      url: { type: 'string' },
      token: { type: 'string' },
      'attacker-token': { type: 'string' },
    },
  });
  const attacks = values.only === undefined ? ATTACKS : attacksOf(values.only);
  const seconds = wholeNumber('--seconds', values.seconds, 1, 3600);
  return { attacks, seconds, url: values.url, token: values.token, attackerToken: values['attacker-token'] };
}

function attacksOf(list: string): Attack[] {
  return list.split(',').map((text) => {
    const attack = ATTACKS.find(({ name }) => name === text.trim());
    if (attack) return attack;
    throw new UsageError(`There is no attack "${text.trim()}".`);
  });
}

async function measure(target: Target, { attacks, seconds }: Options, interrupt: AbortSignal) {
  for (const attack of attacks) attack.prepare?.();
  const client = new NormalClient(target);
  say('warming up');
  await client.prepare(interrupt);
  await client.during(() => delay(WARM_UP_MS, undefined, { signal: interrupt }), interrupt);
  client.imports.length = 0;
  await delay(QUIET_MS, undefined, { signal: interrupt });
  const before = await target.holdings();
  const watched = new AbortController();
  const memory = watchMemory(target, AbortSignal.any([watched.signal, interrupt]));
  const reports: AttackReport[] = [];
  const [spans, answers] = await client.during(async () => {
    say('measuring without attacks');
    const baseline = await spanOf(() => delay(BASELINE_MS, undefined, { signal: interrupt }));
    const during = await spanOf(async () => {
      reports.push(...(await attackInTurn(target, attacks, seconds * 1000, interrupt)));
    });
    return { baseline, attacks: during };
  }, interrupt);
  say('waiting until nothing is left');
  const after = await settled(target, before, interrupt);
  watched.abort();
  const loggedErrors = await target.loggedErrors();
  const measured: Measured = {
    ...spans,
    answers,
    imports: client.imports,
    memory: await memory,
    before,
    after,
    loggedErrors,
  };
  return { measured, reports };
}

async function attackInTurn(
  { url, attackerToken }: Target,
  attacks: readonly Attack[],
  milliseconds: number,
  interrupt: AbortSignal,
): Promise<AttackReport[]> {
  // Attackers are on machines of their own. Here, they get only the processor time that nobody else needs.
  setPriority(constants.priority.PRIORITY_LOW);
  using attacker = new Attacker(url, attackerToken);
  const all = new AbortController();
  const signal = AbortSignal.any([all.signal, interrupt]);
  const reports: AttackReport[] = [];
  const run = async ({ name, run }: Attack, until: AbortSignal, suffix = '') => {
    const outcomes = new Outcomes();
    const span = await spanOf(() => run(attacker, outcomes, until));
    reports.push({ name: `${name}${suffix}`, outcomes, span });
  };
  const isHeld = (attack: Attack) => attack.isHeld === true;
  const held = attacks.filter(isHeld);
  const brief = attacks.filter((attack) => !isHeld(attack));
  const holding = held.map((attack) => run(attack, signal));
  if (brief.length === 0) await delay(milliseconds, undefined, { signal });
  for (const attack of brief) {
    say(`attacking: ${attack.name}`);
    await run(attack, limited(signal, (milliseconds * (1 - TOGETHER)) / brief.length));
  }
  if (brief.length > 0) {
    say('attacking: all at once');
    const until = limited(signal, milliseconds * TOGETHER);
    await Promise.all(brief.map((attack) => run(attack, until, ', with all others')));
  }
  all.abort();
  await Promise.all(holding);
  return reports;
}

function limited(signal: AbortSignal, milliseconds: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.round(milliseconds))]);
}

async function spanOf(work: () => Promise<unknown>): Promise<Span> {
  const from = Date.now();
  await work();
  return { from, to: Date.now() };
}

/** What the server holds once it holds no more than before, or after a while. */
async function settled(target: Target, before: Holdings, interrupt: AbortSignal): Promise<Holdings> {
  const start = performance.now();
  for (;;) {
    await delay(POLL_MS, undefined, { signal: interrupt });
    const holdings = await target.holdings();
    const isOver = performance.now() - start > SETTLE_MS;
    if (isOver || leftBehind(before, holdings).length === 0) return holdings;
  }
}

function say(what: string): void {
  const seconds = Math.round(process.uptime());
  console.error(`${String(seconds).padStart(4)} s  ${what}`);
}
