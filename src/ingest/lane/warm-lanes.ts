// The lanes of a process, those of running imports and those that wait for the next one: starting a thread takes longer than
// loading a small file.

import { LaneThread } from './lane-thread.ts';

/** How long to wait before one is started in advance: at first the process has more urgent work, such as its own start. */
const DELAY_MS = 300;

export class WarmLanes {
  readonly #count: number;
  readonly #idle: LaneThread[] = [];
  readonly #taken = new Set<LaneThread>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param count how many keep all processor cores busy; as many are kept after an import */
  constructor(count: number) {
    this.#count = count;
  }

  /** Whether an import that has a lane should take another. */
  get hasRoom(): boolean {
    return this.#taken.size < this.#count;
  }

  /** Starts one in a moment, unless one is idle by then. */
  prepare(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#isClosed && this.#idle.length === 0) this.#idle.push(new LaneThread());
    }, DELAY_MS);
  }

  /** @returns an idle lane, or a new one; pass it to `release` or close it */
  take(): LaneThread {
    for (;;) {
      const lane = this.#idle.pop() ?? new LaneThread();
      if (lane.hasFailed) continue;
      this.#taken.add(lane);
      return lane;
    }
  }

  /** Keeps a lane that has finished its work, or closes it. */
  async release(lane: LaneThread): Promise<void> {
    this.#taken.delete(lane);
    if (this.#isClosed || lane.hasFailed || this.#idle.length >= this.#count) await lane.close();
    else this.#idle.push(lane);
  }

  /** How many lanes there are, and how many blocks they have not loaded yet. */
  usage(): { busy: number; idle: number; pendingBlocks: number } {
    for (const lane of this.#taken) if (lane.hasFailed) this.#taken.delete(lane);
    const pendingBlocks = [...this.#taken].reduce((sum, { pending }) => sum + pending, 0);
    return { busy: this.#taken.size, idle: this.#idle.length, pendingBlocks };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#idle.splice(0).map((lane) => lane.close()));
  }
}
