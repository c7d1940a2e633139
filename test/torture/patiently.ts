// Waits, and not for ever: asks again until an answer comes, as questions fail while Postgres or a server is away.

import { setTimeout as delay } from 'node:timers/promises';

const AGAIN_MS = 50;

/** Waits for what happens by itself. @throws when that takes longer, with what was waited for */
export async function within<T>(what: string, happens: PromiseLike<T>, milliseconds = 60_000): Promise<T> {
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`Waited ${milliseconds / 1000} s in vain: ${what}.`)),
    () => new Promise<never>(() => {}),
  );
  return Promise.race([happens, late]).finally(() => timer.abort());
}

/** @throws the last failure, when none of the tries succeeded within the time */
export async function patiently<T>(what: string, ask: () => PromiseLike<T>, limit = 60_000): Promise<T> {
  for (const end = Date.now() + limit; ; await delay(AGAIN_MS)) {
    try {
      return await ask();
    } catch (cause) {
      if (Date.now() > end) throw new Error(`Waited ${limit / 1000} s in vain: ${what}.`, { cause });
    }
  }
}

/** Looks until it is so; a look that fails counts as no. */
export async function untilSo(what: string, isSo: () => PromiseLike<boolean>, limit = 60_000): Promise<void> {
  const look = async () => {
    if (!(await isSo())) throw new Error('not yet');
  };
  await patiently(what, look, limit);
}
