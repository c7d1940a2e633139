// Limits how many do something at the same time, or how much they hold together. The others wait, first come, first served.

interface Waiter {
  permits: number;
  proceed(): void;
}

export class Semaphore {
  readonly #count: number;
  #free: number;
  readonly #waiting: Waiter[] = [];

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
   * Waits for permits. Dispose of the result to release them.
   *
   * @param onWait called if they are not free
   * @param permits how many; no more than there are
   * @throws the signal's reason if it aborts before
   */
  async acquire(onWait: () => void, signal: AbortSignal, permits = 1): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && permits <= this.#free) this.#free -= permits;
    else {
      onWait();
      await this.#wait(signal, permits);
    }
    return { [Symbol.dispose]: () => this.#release(permits) };
  }

  #wait(signal: AbortSignal, permits: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
        this.#letIn();
      };
      const waiter = {
        permits,
        proceed() {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #release(permits: number): void {
    this.#free += permits;
    this.#letIn();
  }

  #letIn(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (!next || next.permits > this.#free) return;
      this.#waiting.shift();
      this.#free -= next.permits;
      next.proceed();
    }
  }
}
