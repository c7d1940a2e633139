// Starts the lanes of the next import in advance: starting a thread takes longer than loading a small file.

import { LanePool } from './lane-pool.ts';

/** How long to wait before that: at first the process has more urgent work, such as its own start. */
const DELAY_MS = 300;

export class WarmLanes {
  readonly #count: number;
  #pool: LanePool | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param count threads of each pool */
  constructor(count: number) {
    this.#count = count;
  }

  /** Starts a pool in a moment, unless one is ready by then or needed earlier. */
  prepare(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#pool ??= new LanePool(this.#count);
    }, DELAY_MS);
  }

  /** @returns a pool for one use; dispose of it afterwards */
  take(): LanePool {
    clearTimeout(this.#timer);
    const pool = this.#pool ?? new LanePool(this.#count);
    this.#pool = undefined;
    return pool;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#pool?.[Symbol.asyncDispose]();
  }
}
