// Asks again until an answer comes: while Postgres or a server is away, questions fail.

import { setTimeout as delay } from 'node:timers/promises';

const AGAIN_MS = 50;

/** @throws the last failure, when none of the tries succeeded within the time */
export async function patiently<T>(what: string, ask: () => PromiseLike<T>, within = 60_000): Promise<T> {
  for (const end = Date.now() + within; ; await delay(AGAIN_MS)) {
    try {
      return await ask();
    } catch (cause) {
      if (Date.now() > end) throw new Error(`Waited ${within / 1000} s in vain: ${what}.`, { cause });
    }
  }
}

/** Looks until it is so; a look that fails counts as no. */
export async function untilSo(
  what: string,
  isSo: () => PromiseLike<boolean>,
  within = 60_000,
): Promise<void> {
  const look = async () => {
    if (!(await isSo())) throw new Error('not yet');
  };
  await patiently(what, look, within);
}
