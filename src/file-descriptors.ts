// The limit on open files: a process and the system have so many file descriptors, for files, sockets and threads alike.

import { setTimeout as delay } from 'node:timers/promises';

const FIRST_DELAY_MS = 20;
const MAX_DELAY_MS = 500;

/** Whether an error means that too many files are open. */
export function isOutOfFileDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EMFILE', 'ENFILE'].includes(String(error.code));
}

/**
 * Opens a file or a socket; retries, with growing delays, while there is no free file descriptor for it.
 *
 * @param limits.withinMs how long to retry
 * @param limits.signal stops retrying
 * @throws the last error of `open`
 */
export async function openWithRetry<Opened>(
  open: () => Promise<Opened>,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
): Promise<Opened> {
  const end = performance.now() + withinMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfFileDescriptors(error) || signal?.aborted || performance.now() > end) throw error;
    }
    await delay(delayMs, undefined, { signal }).catch(() => {});
  }
}
