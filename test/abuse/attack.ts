// An attack: what a hostile client sends, again and again, until it is told to stop.

import type { Attacker } from './attacker.ts';
import type { Outcomes } from './outcomes.ts';

export interface Attack {
  name: string;
  /** For the usage text of `npm run abuse`. */
  description: string;
  /** Whether it lasts as long as all others, which take turns meanwhile. */
  isHeld?: true;
  /** Makes, before anything is measured, what is dear to make. */
  prepare?(): void;
  /**
   * Attacks until the signal aborts, and returns once nothing of it is open any more.
   *
   * @throws only on a mistake of its own: what the server does is an outcome
   */
  run(attacker: Attacker, outcomes: Outcomes, signal: AbortSignal): Promise<void>;
}

/** Runs `send` again and again until the signal aborts, so many at the same time, and so often at most. */
export async function repeatedly(
  { atOnce, atMost }: { atOnce: number; atMost: number },
  signal: AbortSignal,
  send: (number: number) => Promise<void>,
): Promise<void> {
  let sent = 0;
  const oneAfterTheOther = async () => {
    while (!signal.aborted && sent < atMost) await send(sent++);
  };
  await Promise.all(Array.from({ length: atOnce }, oneAfterTheOther));
}
