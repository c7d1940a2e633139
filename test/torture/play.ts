// Plays a round: begins it, strikes, and judges what came of it.

import type { Fault } from './fault.ts';
import { judge, type Outcome } from './judge.ts';
import type { TorturePostgres } from './postgres.ts';
import { Round, type RoundOptions } from './round.ts';

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
    round = await Round.begin(postgres, fault, options);
    played.notes = round.notes;
    played.outcome = await orAborted(strikeAndJudge(fault, round), signal);
  } catch (error) {
    signal.throwIfAborted();
    played.complaint = `${describe(error)}${logsOf(round)}`;
  } finally {
    await round?.[Symbol.asyncDispose]();
  }
  played.looks = round?.lookOut.looks ?? 0;
  played.seconds = (performance.now() - begun) / 1000;
  return played;
}

async function strikeAndJudge(fault: Fault, round: Round): Promise<Outcome> {
  await fault.strike(round);
  return judge(round);
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
