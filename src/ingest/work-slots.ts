// How many are at work at once, of imports or of files that are fetched: the others wait, first come, first served.

export class WorkSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for a slot; it is free again when what is returned is disposed of.
   *
   * @param onWait told when none is free
   * @throws the signal's reason when it comes before a slot does
   */
  async take(onWait: () => void, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else {
      onWait();
      await this.#next(signal);
    }
    return { [Symbol.dispose]: () => this.#release() };
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(turn);
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/** The slot of one import: held while there is work to do for it, and given back while it waits for its client. */
export class WorkSlot implements Disposable {
  readonly #slots: WorkSlots;
  readonly #onWait: (waits: boolean) => void;
  #held: Disposable | undefined;

  /** @param onWait told when it waits for a slot, and when it waits no more */
  constructor(slots: WorkSlots, onWait: (waits: boolean) => void) {
    this.#slots = slots;
    this.#onWait = onWait;
  }

  /** Whether others wait for one. */
  get isWanted(): boolean {
    return this.#slots.waiting > 0;
  }

  /**
   * Waits for a slot, unless it has one.
   *
   * @throws the signal's reason when it comes before a slot does
   */
  async take(signal: AbortSignal): Promise<void> {
    if (this.#held) return;
    let waited = false;
    this.#held = await this.#slots.take(() => {
      waited = true;
      this.#onWait(true);
    }, signal);
    if (waited) this.#onWait(false);
  }

  giveBack(): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  [Symbol.dispose](): void {
    this.giveBack();
  }
}
