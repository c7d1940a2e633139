// The lanes of one import: threads that load blocks in parallel. Each is added when a block would have to wait for the others,
// but only the first while other imports keep all processor cores busy.

import type { Block, BlockReader } from '../read/block-reader.ts';
import type { LaneThread, OnLoaded } from './lane-thread.ts';
import type { LaneTask } from './messages.ts';
import type { WarmLanes } from './warm-lanes.ts';

/** One in progress and one queued, so that no lane idles. */
const MAX_PENDING_BLOCKS = 2;

type Blocks = AsyncIterable<Block> & Pick<BlockReader, 'recycle'>;

export class LanePool implements AsyncDisposable {
  readonly #warm: Pick<WarmLanes, 'take' | 'release' | 'hasRoom'>;
  readonly #max: number;
  readonly #lanes: LaneThread[] = [];
  /** Rejects when a request to a lane fails, or loading is aborted. */
  readonly #failed = Promise.withResolvers<never>();

  /** @param max number of lanes */
  constructor(warm: Pick<WarmLanes, 'take' | 'release' | 'hasRoom'>, max: number) {
    this.#warm = warm;
    this.#max = max;
    this.#failed.promise.catch(() => {});
  }

  /**
   * Loads all blocks.
   *
   * @param onLoaded called with the rows of each block, at once or in parts. If it throws, loading is aborted
   * @returns the number of staged rows in each partition
   */
  async load(task: LaneTask, blocks: Blocks, onLoaded: OnLoaded, signal: AbortSignal): Promise<number[]> {
    signal.throwIfAborted();
    // Failures and aborts take effect at once, even while waiting for a slow upload or for the database.
    const abort = () => this.#failed.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#failed.promise, this.#load(task, blocks, onLoaded, signal)]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #load(task: LaneTask, blocks: Blocks, onLoaded: OnLoaded, signal: AbortSignal): Promise<number[]> {
    const inProgress = new Set<Promise<void>>();
    for await (const block of blocks) {
      signal.throwIfAborted();
      const loading = this.#freeLane(task)
        .load(block, onLoaded)
        .then((buffer) => blocks.recycle(buffer));
      inProgress.add(loading);
      loading.then(() => inProgress.delete(loading), this.#failed.reject);
      if (!this.#canTakeBlock) await Promise.race(inProgress);
    }
    await Promise.all(inProgress);
    signal.throwIfAborted();
    const staged: number[] = new Array(task.partitions).fill(0);
    for (const rows of await Promise.all(this.#lanes.map((lane) => lane.finish()))) {
      for (const [partition, count] of rows.entries()) staged[partition] = (staged[partition] ?? 0) + count;
    }
    return staged;
  }

  /** Keeps lanes that have finished for the next import, and terminates the others, and with them their connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => (lane.isIdle ? this.#warm.release(lane) : lane.close())));
  }

  get #canTakeBlock(): boolean {
    return this.#mayAdd || this.#lanes.some(({ pending }) => pending < MAX_PENDING_BLOCKS);
  }

  get #mayAdd(): boolean {
    const { length } = this.#lanes;
    return length === 0 || (length < this.#max && this.#warm.hasRoom);
  }

  #freeLane(task: LaneTask): LaneThread {
    const [first, ...others] = this.#lanes;
    const leastBusy =
      first && others.reduce((least, lane) => (lane.pending < least.pending ? lane : least), first);
    if (leastBusy && (leastBusy.pending === 0 || !this.#mayAdd)) return leastBusy;
    const lane = this.#warm.take();
    this.#lanes.push(lane);
    lane.open(task).catch(this.#failed.reject);
    return lane;
  }
}
