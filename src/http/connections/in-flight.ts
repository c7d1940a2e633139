// Counts requests and operations in flight, which a shutdown lets finish. Streams do not count: they have no natural end.

import { setTimeout as delay } from 'node:timers/promises';

export class InFlight {
  readonly #active = new Set<symbol>();
  #ended = Promise.withResolvers<void>();

  /** @returns a function to call when the work has ended; further calls do nothing */
  begin(): () => void {
    const work = Symbol();
    this.#active.add(work);
    return () => {
      this.#active.delete(work);
      if (this.#active.size === 0) this.#ended.resolve();
    };
  }

  /** Resolves when nothing is in flight, or after this time. */
  async drain(withinMs: number): Promise<void> {
    if (this.#active.size === 0) return;
    this.#ended = Promise.withResolvers<void>();
    await Promise.race([this.#ended.promise, delay(withinMs, undefined, { ref: false })]);
  }
}
