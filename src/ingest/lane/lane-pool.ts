// The lanes of one import: a pool of threads that load blocks in parallel.

import type { Block, BlockReader } from '../read/block-reader.ts';
import { LaneThread, type OnLoaded } from './lane-thread.ts';
import type { LaneTask } from './messages.ts';

/** One in progress and one queued, so that no lane idles. */
const MAX_PENDING_BLOCKS = 2;

type Blocks = AsyncIterable<Block> & Pick<BlockReader, 'recycle'>;

export class LanePool implements AsyncDisposable {
  readonly #lanes: LaneThread[];

  /** Starts the threads. */
  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, () => new LaneThread());
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
    const failed = Promise.withResolvers<never>();
    for (const lane of this.#lanes) lane.failure.catch(failed.reject);
    const abort = () => failed.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([failed.promise, this.#load(task, blocks, onLoaded, signal, failed.reject)]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #load(
    task: LaneTask,
    blocks: Blocks,
    onLoaded: OnLoaded,
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<number[]> {
    await Promise.all(this.#lanes.map((lane) => lane.open(task)));
    const inProgress = new Set<Promise<void>>();
    for await (const block of blocks) {
      signal.throwIfAborted();
      const lane = this.#leastBusy();
      const loading = lane.load(block, onLoaded).then((buffer) => blocks.recycle(buffer));
      inProgress.add(loading);
      loading.then(() => inProgress.delete(loading), fail);
      if (this.#leastBusy().pending >= MAX_PENDING_BLOCKS) await Promise.race(inProgress);
    }
    await Promise.all(inProgress);
    signal.throwIfAborted();
    const staged = await Promise.all(this.#lanes.map((lane) => lane.finish()));
    return Array.from({ length: task.partitions }, (_, partition) =>
      staged.reduce((sum, rows) => sum + (rows[partition] ?? 0), 0),
    );
  }

  /** Terminates the threads, and with them their connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  #leastBusy(): LaneThread {
    return this.#lanes.reduce((least, lane) => (lane.pending < least.pending ? lane : least));
  }
}
