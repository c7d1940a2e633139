// Waiting with a limit, for rounds in which Postgres and servers come and go.

import { setTimeout as delay } from 'node:timers/promises';

const RETRY_AFTER_MS = 50;

/** @throws an error that names what was waited for, if the promise takes longer */
export async function withTimeout<T>(
  what: string,
  promise: PromiseLike<T>,
  milliseconds = 60_000,
): Promise<T> {
  const timer = new AbortController();
  const timeout = delay(milliseconds, undefined, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`Timed out after ${milliseconds / 1000} s: ${what}.`)),
    () => new Promise<never>(() => {}),
  );
  return Promise.race([promise, timeout]).finally(() => timer.abort());
}

/**
 * Retries until the attempt succeeds.
 *
 * @throws an error whose cause is the last failure, if no attempt succeeds in time
 */
export async function eventually<T>(what: string, attempt: () => PromiseLike<T>, limit = 60_000): Promise<T> {
  for (const end = Date.now() + limit; ; await delay(RETRY_AFTER_MS)) {
    try {
      return await attempt();
    } catch (cause) {
      if (Date.now() > end) throw new Error(`Timed out after ${limit / 1000} s: ${what}.`, { cause });
    }
  }
}

/** Polls until the condition holds. A check that throws counts as false. */
export async function waitUntil(
  what: string,
  condition: () => PromiseLike<boolean>,
  limit?: number,
): Promise<void> {
  const check = async () => {
    if (!(await condition())) throw new Error('not yet');
  };
  await eventually(what, check, limit);
}
