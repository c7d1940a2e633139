// Starts the lanes of the next import in advance: starting a thread takes longer than loading a small file.

import { LanePool } from './lane-pool.ts';

export class WarmLanes {
  readonly #count: number;
  #pool: LanePool | undefined;

  /** @param count threads of each pool */
  constructor(count: number) {
    this.#count = count;
  }

  /** Starts a pool, unless one is ready. */
  prepare(): void {
    this.#pool ??= new LanePool(this.#count);
  }

  /** @returns a pool for one use; dispose of it afterwards */
  take(): LanePool {
    const pool = this.#pool ?? new LanePool(this.#count);
    this.#pool = undefined;
    return pool;
  }

  async close(): Promise<void> {
    await this.#pool?.[Symbol.asyncDispose]();
  }
}
