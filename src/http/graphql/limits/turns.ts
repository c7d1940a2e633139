// Limits how many do something at the same time. Clients take turns: one that waits many times over keeps no other waiting.

/** What waits of a client, in order of arrival. */
type Queue = (() => void)[];

export class Turns {
  readonly #count: number;
  #free: number;
  /** By client. Whose turn is next comes first. */
  readonly #waiting = new Map<string, Queue>();

  /** @param count how many at the same time */
  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  get running(): number {
    return this.#count - this.#free;
  }

  /** How many wait, of all clients. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** How many of a client wait. */
  waitingOf(client: string): number {
    return this.#waiting.get(client)?.length ?? 0;
  }

  /**
   * Waits for a turn. Dispose of it to end it.
   *
   * @throws the signal's reason if it aborts before
   */
  async take(client: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(client, signal);
    return { [Symbol.dispose]: () => this.#end() };
  }

  #wait(client: string, signal: AbortSignal): Promise<void> {
    const queue = this.#waiting.get(client) ?? [];
    this.#waiting.set(client, queue);
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        queue.splice(queue.indexOf(begin), 1);
        if (queue.length === 0) this.#waiting.delete(client);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(begin);
    });
  }

  #end(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    const [client, queue] = next;
    this.#waiting.delete(client);
    const begin = queue.shift();
    if (queue.length > 0) this.#waiting.set(client, queue);
    begin?.();
  }
}
