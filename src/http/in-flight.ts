// What a server that closes lets come to its end: requests and operations, but no streams, which have no end of their own.

import { setTimeout as delay } from 'node:timers/promises';

export class InFlight {
  readonly #begun = new Set<symbol>();
  #ended = Promise.withResolvers<void>();

  /** @returns how to say that it has ended; may be called again */
  begin(): () => void {
    const work = Symbol();
    this.#begun.add(work);
    return () => {
      this.#begun.delete(work);
      if (this.#begun.size === 0) this.#ended.resolve();
    };
  }

  /** Resolves when nothing is under way, or after this time. */
  async drain(withinMs: number): Promise<void> {
    if (this.#begun.size === 0) return;
    this.#ended = Promise.withResolvers<void>();
    await Promise.race([this.#ended.promise, delay(withinMs, undefined, { ref: false })]);
  }
}
