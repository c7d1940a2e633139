// Times the parts of a run.

/** Seconds. */
export interface Parts {
  total: number;
  [part: string]: number;
}

export class Stopwatch {
  readonly #start = performance.now();
  #last = this.#start;
  readonly #laps: Record<string, number> = {};

  /** Ends a part: what went on since the one before. */
  lap(part: string): void {
    const now = performance.now();
    this.#laps[part] = (now - this.#last) / 1000;
    this.#last = now;
  }

  parts(): Parts {
    return { total: (this.#last - this.#start) / 1000, ...this.#laps };
  }
}
