// Random pauses, in a round's order of choices.

import { setTimeout as delay } from 'node:timers/promises';
import type { Round } from './round.ts';

export async function pause({ random }: Round, least: number, most: number): Promise<void> {
  await delay(random.between(least, most));
}
