// How long to wait for a database in trouble, and how often to ask: pauses grow, and all of them together have an end.

import { setTimeout as wait } from 'node:timers/promises';

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;

export class Patience {
  readonly #limitMs: number;
  #leftMs: number;
  #nextPause = FIRST_PAUSE;
  #progress = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
  }

  get isOver(): boolean {
    return this.#leftMs <= 0;
  }

  /** Patience begins anew with each progress since the last trouble. */
  noteProgress(progress: number): void {
    if (progress > this.#progress) {
      this.#leftMs = this.#limitMs;
      this.#nextPause = FIRST_PAUSE;
    }
    this.#progress = progress;
  }

  /** @throws the signal's reason */
  async pause(signal: AbortSignal): Promise<void> {
    const pause = Math.min(this.#nextPause, Math.max(this.#leftMs, 0));
    this.#nextPause = Math.min(2 * this.#nextPause, LONGEST_PAUSE);
    await this.spend(() => wait(pause, undefined, { signal }).catch(() => signal.throwIfAborted()));
  }

  /** Counts the time that something takes. */
  async spend<Result>(work: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.#leftMs -= performance.now() - begun;
    }
  }
}
