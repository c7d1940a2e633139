// Retries an operation until it succeeds, with growing pauses.

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/**
 * @param what for the log
 * @throws the signal's reason, and nothing else
 */
export async function untilItSucceeds<Result>(
  what: string,
  work: () => Promise<Result>,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<Result> {
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, retryInMs: wait }, `${what} failed`);
      await pause(wait, undefined, { signal }).catch(() => {});
    }
  }
}
