// Times the parts of a run.

/** Durations in seconds. */
export interface Parts {
  total: number;
  [part: string]: number;
}

export class Stopwatch {
  readonly #start = performance.now();
  #last = this.#start;
  readonly #laps: Record<string, number> = {};

  /** Ends a part, which began when the previous one ended. */
  lap(part: string): void {
    const now = performance.now();
    this.#laps[part] = (now - this.#last) / 1000;
    this.#last = now;
  }

  parts(): Parts {
    return { total: (this.#last - this.#start) / 1000, ...this.#laps };
  }
}
