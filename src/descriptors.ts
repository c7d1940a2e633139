// File descriptors, of which a process and a system have so many: who finds none waits until others give theirs back.

import { setTimeout as pause } from 'node:timers/promises';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Whether a file, a socket or a thread could not be opened because too many are. */
export function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EMFILE', 'ENFILE'].includes(String(error.code));
}

/**
 * Does what opens a file or a socket, again and again while there is no descriptor for it.
 *
 * @param limits.withinMs how long it is tried
 * @param limits.signal ends it sooner
 * @throws what `open` threw last
 */
export async function whenDescriptorIsFree<Opened>(
  open: () => Promise<Opened>,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
): Promise<Opened> {
  const end = performance.now() + withinMs;
  for (let next = FIRST_PAUSE_MS; ; next = Math.min(2 * next, LONGEST_PAUSE_MS)) {
    try {
      return await open();
    } catch (error) {
      if (!isOutOfDescriptors(error) || signal?.aborted || performance.now() > end) throw error;
    }
    await pause(next, undefined, { signal }).catch(() => {});
  }
}
