// How long the event loop was blocked lately.

import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 50;
/** A delay counts for at least one and at most two windows. */
const WINDOW_MS = 10_000;

export class EventLoop {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #previous = 0;
  #began = performance.now();

  start(): void {
    this.#delays.enable();
  }

  close(): void {
    this.#delays.disable();
  }

  /** The longest delay within the last ten to twenty seconds, in milliseconds. */
  longestDelayMs(): number {
    const current = Math.max(0, this.#delays.max / 1e6 - RESOLUTION_MS);
    const longest = Math.max(current, this.#previous);
    if (performance.now() - this.#began > WINDOW_MS) {
      this.#previous = current;
      this.#delays.reset();
      this.#began = performance.now();
    }
    return longest;
  }
}
