// Samples the memory of a server.

import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from './target.ts';

const EVERY_MS = 200;

export interface Sample {
  /** In milliseconds since 1970. */
  at: number;
  /** MB. */
  memory: number;
}

/** Until the signal aborts. A sample that cannot be taken is left out. */
export async function watchMemory(
  { memory }: Pick<Target, 'memory'>,
  signal: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (!signal.aborted) {
    const found = await memory().catch(() => undefined);
    if (found !== undefined) samples.push({ at: Date.now(), memory: found });
    await delay(EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return samples;
}
