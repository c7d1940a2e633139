// Retries against a database in trouble: the pauses grow, and the total time is limited.

import { setTimeout as wait } from 'node:timers/promises';

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5000;

export class Backoff {
  readonly #limitMs: number;
  #leftMs: number;
  #nextPauseMs = FIRST_PAUSE_MS;
  #progress = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
  }

  get isExhausted(): boolean {
    return this.#leftMs <= 0;
  }

  /** Starts over if there has been progress since the last failure. */
  noteProgress(progress: number): void {
    if (progress > this.#progress) {
      this.#leftMs = this.#limitMs;
      this.#nextPauseMs = FIRST_PAUSE_MS;
    }
    this.#progress = progress;
  }

  /** @throws the signal's reason */
  async pause(signal: AbortSignal): Promise<void> {
    const pause = Math.min(this.#nextPauseMs, Math.max(this.#leftMs, 0));
    this.#nextPauseMs = Math.min(2 * this.#nextPauseMs, MAX_PAUSE_MS);
    await this.spend(() => wait(pause, undefined, { signal }).catch(() => signal.throwIfAborted()));
  }

  /** Counts the time that an attempt takes. */
  async spend<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await attempt();
    } finally {
      this.#leftMs -= performance.now() - startedAt;
    }
  }
}
