// Pauses whose length follows from the round's seed.

import { setTimeout as delay } from 'node:timers/promises';
import type { Round } from './round.ts';

/** @param min in milliseconds, as `max` */
export async function randomPause({ random }: Round, min: number, max: number): Promise<void> {
  await delay(random.between(min, max));
}
