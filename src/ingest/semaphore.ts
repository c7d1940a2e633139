// Limits how many do something at the same time. The others wait, first come, first served.

export class Semaphore {
  readonly #count: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  /** How many permits are held. */
  get used(): number {
    return this.#count - this.#free;
  }

  /** How many permits are free. */
  get free(): number {
    return this.#free;
  }

  /** How many are waiting. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for a permit. Dispose of it to release it.
   *
   * @param onWait called if none is free
   * @throws the signal's reason if it aborts before
   */
  async acquire(onWait: () => void, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else {
      onWait();
      await this.#wait(signal);
    }
    return { [Symbol.dispose]: () => this.#release() };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(proceed);
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
