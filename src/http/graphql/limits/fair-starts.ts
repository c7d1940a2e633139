// Starts only some operations of a client in each turn of the event loop: parsing, validating and planning many of one client
// does not keep those of others waiting. What has started is not held up.

/** Of a client, in a turn. */
const MAX_STARTS = 3;
/** The same, after a turn in which operations took so long that others waited. */
const MAX_STARTS_AFTER_SLOW = 1;
const SLOW_MS = 10;

export class FairStarts {
  /** By client: how many have started in this turn, and which wait, in order of arrival. */
  #started = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #now: () => number;
  #turnBegan = 0;
  #max = MAX_STARTS;

  /** @param now a clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Resolves when an operation of the client may start: at once, unless many of it have started in this turn. */
  next(client: string): Promise<void> {
    if (this.#started.size === 0) {
      this.#turnBegan = this.#now();
      setImmediate(this.#beginTurn);
    }
    const started = this.#started.get(client) ?? 0;
    if (started < this.#max) {
      this.#started.set(client, started + 1);
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = this.#waiting.get(client);
    if (queue) queue.push(resolve);
    else this.#waiting.set(client, [resolve]);
    return promise;
  }

  readonly #beginTurn = () => {
    const now = this.#now();
    this.#max = now - this.#turnBegan > SLOW_MS ? MAX_STARTS_AFTER_SLOW : MAX_STARTS;
    this.#turnBegan = now;
    this.#started = new Map();
    if (this.#waiting.size > 0) setImmediate(this.#beginTurn);
    for (const [client, queue] of this.#waiting) {
      const starting = queue.splice(0, this.#max);
      if (queue.length === 0) this.#waiting.delete(client);
      this.#started.set(client, starting.length);
      for (const start of starting) start();
    }
  };
}
