// Plays a round: begins it, strikes, and judges what came of it.

import type { Fault } from './fault.ts';
import { judge, type Outcome } from './judge.ts';
import { within } from './patiently.ts';
import type { TorturePostgres } from './postgres.ts';
import { Round, type RoundOptions } from './round.ts';

/** What is waited for inside has limits of its own, and says more when they are passed. */
const PART_WITHIN_MS = 300_000;

export interface Played {
  fault: Fault;
  seed: number;
  outcome: Outcome | 'wrong';
  seconds: number;
  looks: number;
  notes: string[];
  /** What is wrong, with what the servers logged; undefined when nothing is. */
  complaint: string | undefined;
}

/** @throws the signal's reason, after the round has been cleared away; nothing else */
export async function play(
  postgres: TorturePostgres,
  fault: Fault,
  options: RoundOptions,
  signal: AbortSignal,
): Promise<Played> {
  const begun = performance.now();
  const played: Played = {
    fault,
    seed: options.seed,
    outcome: 'wrong',
    seconds: 0,
    looks: 0,
    notes: [],
    complaint: undefined,
  };
  let round: Round | undefined;
  try {
    round = await within('a round begins', Round.begin(postgres, fault, options), PART_WITHIN_MS);
    played.notes = round.notes;
    played.outcome = await orAborted(strikeAndJudge(fault, round), signal);
  } catch (error) {
    signal.throwIfAborted();
    played.complaint = `${describe(error)}${logsOf(round)}`;
  } finally {
    const cleared = round?.[Symbol.asyncDispose]() ?? Promise.resolve();
    await within('a round is cleared away', cleared, PART_WITHIN_MS).catch((error: unknown) => {
      played.outcome = 'wrong';
      played.complaint ??= describe(error);
    });
  }
  played.looks = round?.lookOut.looks ?? 0;
  played.seconds = (performance.now() - begun) / 1000;
  return played;
}

async function strikeAndJudge(fault: Fault, round: Round): Promise<Outcome> {
  await within('a fault has struck', fault.strike(round), PART_WITHIN_MS);
  return within('a round is judged', judge(round), PART_WITHIN_MS);
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  // What is under way fails when the round is cleared away, and nobody asks for it then.
  work.catch(() => {});
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

function logsOf(round: Round | undefined): string {
  const logs = round?.servers.map(({ log }, at) =>
    log ? `\nserver ${at + 1} logged:\n${log.trimEnd()}` : '',
  );
  return logs?.join('') ?? '';
}
