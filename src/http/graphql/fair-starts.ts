// Starts only some operations of a client in each turn of the event loop: parsing, validating and planning many of one client
// does not keep those of others waiting. What has started is not held up.

/** Of a client, in a turn. */
const MAX_STARTS = 3;

export class FairStarts {
  /** By client: how many have started in this turn, and which wait, in order of arrival. */
  #started = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves when an operation of the client may start: at once, unless many of it have started in this turn. */
  next(client: string): Promise<void> {
    const started = this.#started.get(client) ?? 0;
    if (this.#started.size === 0) setImmediate(this.#beginTurn);
    this.#started.set(client, Math.min(started + 1, MAX_STARTS));
    if (started < MAX_STARTS) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = this.#waiting.get(client);
    if (queue) queue.push(resolve);
    else this.#waiting.set(client, [resolve]);
    return promise;
  }

  readonly #beginTurn = () => {
    this.#started = new Map();
    if (this.#waiting.size > 0) setImmediate(this.#beginTurn);
    for (const [client, queue] of this.#waiting) {
      const starting = queue.splice(0, MAX_STARTS);
      if (queue.length === 0) this.#waiting.delete(client);
      this.#started.set(client, starting.length);
      for (const start of starting) start();
    }
  };
}
