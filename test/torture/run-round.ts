// Runs a round: sets it up, injects the fault and verifies the outcome.

import { withTimeout } from './eventually.ts';
import type { Fault } from './fault.ts';
import type { GivenCluster } from './machines/given-cluster.ts';
import type { TorturePostgres } from './machines/postgres.ts';
import { Round, type RoundOptions } from './round.ts';
import { type Outcome, verifyRound } from './verify-round.ts';

/** A last resort: the waits inside have shorter limits and better messages. */
const PHASE_TIMEOUT_MS = 300_000;

export interface RoundResult {
  fault: Fault;
  seed: number;
  outcome: Outcome | 'wrong';
  seconds: number;
  checks: number;
  notes: string[];
  /** What went wrong, with the servers' logs; undefined if nothing did. */
  failure: string | undefined;
}

/** @throws only the signal's reason, after the round has been disposed of */
export async function runRound(
  postgres: TorturePostgres | GivenCluster,
  fault: Fault,
  options: RoundOptions,
  signal: AbortSignal,
): Promise<RoundResult> {
  const begun = performance.now();
  const result: RoundResult = {
    fault,
    seed: options.seed,
    outcome: 'wrong',
    seconds: 0,
    checks: 0,
    notes: [],
    failure: undefined,
  };
  let round: Round | undefined;
  try {
    round = await withTimeout('the round is set up', Round.begin(postgres, fault, options), PHASE_TIMEOUT_MS);
    result.notes = round.notes;
    result.outcome = await orAborted(injectAndVerify(fault, round), signal);
  } catch (error) {
    signal.throwIfAborted();
    result.failure = `${describe(error)}${logsOf(round)}`;
  } finally {
    const disposed = round?.[Symbol.asyncDispose]() ?? Promise.resolve();
    await withTimeout('the round is disposed of', disposed, PHASE_TIMEOUT_MS).catch((error: unknown) => {
      result.outcome = 'wrong';
      result.failure ??= describe(error);
    });
  }
  result.checks = round?.monitor.checks ?? 0;
  result.seconds = (performance.now() - begun) / 1000;
  return result;
}

async function injectAndVerify(fault: Fault, round: Round): Promise<Outcome> {
  await withTimeout('the fault is injected', fault.inject(round), PHASE_TIMEOUT_MS);
  return withTimeout('the round is verified', verifyRound(round), PHASE_TIMEOUT_MS);
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  // It fails when the round is disposed of, and then nobody awaits it.
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
