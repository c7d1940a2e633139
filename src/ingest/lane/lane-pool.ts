// The lanes of one import, as the main thread sees them: threads that are given blocks and answer with counts.

import { Worker } from 'node:worker_threads';
import type { Block, BlockReader } from '../read/block-reader.ts';
import type { LaneMessage, LaneReply, LaneRequest, LaneTask, RowCounts } from './messages.ts';

/** Blocks that a lane has at once: one at work and one waiting, so that it never idles. */
const BLOCKS_PER_LANE = 2;
/** Of a lane's heap, in MiB. Blocks and rows live outside of it. */
const LANE_HEAP = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 };

/** A lane failed; `code` is Postgres' SQLSTATE or Node's, where there is one. */
class LaneError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, stack: string | undefined) {
    super(message);
    this.name = 'LaneError';
    this.code = code;
    if (stack) this.stack = stack;
  }
}

/** Rows that are with the database, or in the buffer before it. */
export interface LoadedRows extends RowCounts {
  /** Bytes of the spool up to the end of their block; undefined where more of its rows follow. */
  spoolBytes?: number;
}

type OnLoaded = (rows: LoadedRows) => void;
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
   * @param onLoaded told of the rows of each block, at once or in parts. What it throws ends the work
   * @returns how many rows each partition has
   */
  async load(task: LaneTask, blocks: Blocks, onLoaded: OnLoaded, signal: AbortSignal): Promise<number[]> {
    // Told at once, also while no block comes: the upload may be slow.
    signal.throwIfAborted();
    const failed = Promise.withResolvers<never>();
    for (const lane of this.#lanes) lane.failure.catch(failed.reject);
    const stop = () => failed.reject(signal.reason);
    // Also while all lanes wait for the database.
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([failed.promise, this.#load(task, blocks, onLoaded, signal, failed.reject)]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #load(
    task: LaneTask,
    blocks: Blocks,
    onLoaded: OnLoaded,
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ): Promise<number[]> {
    await Promise.all(this.#lanes.map((lane) => lane.request({ type: 'open', task })));
    const underway = new Set<Promise<void>>();
    for await (const block of blocks) {
      signal.throwIfAborted();
      const lane = this.#leastBusy();
      const loading = lane.load(block, onLoaded).then((buffer) => blocks.recycle(buffer));
      underway.add(loading);
      loading.then(() => underway.delete(loading), fail);
      if (this.#leastBusy().pending >= BLOCKS_PER_LANE) await Promise.race(underway);
    }
    await Promise.all(underway);
    signal.throwIfAborted();
    const staged = await Promise.all(this.#lanes.map((lane) => lane.finish()));
    return Array.from({ length: task.partitions }, (_, partition) =>
      staged.reduce((sum, rows) => sum + (rows[partition] ?? 0), 0),
    );
  }

  /** Ends the threads, whatever they are at; their connections close with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  #leastBusy(): LaneThread {
    return this.#lanes.reduce((least, lane) => (lane.pending < least.pending ? lane : least));
  }
}

type SuccessReply = Exclude<LaneReply, { type: 'failed' }>;

interface PendingRequest extends PromiseWithResolvers<SuccessReply> {
  onRows?: OnLoaded | undefined;
}

class LaneThread {
  readonly #worker: Worker;
  readonly #pending: PendingRequest[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #failure: Error | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./lane-worker.ts', import.meta.url), {
      resourceLimits: LANE_HEAP,
    });
    this.#failed.promise.catch(() => {});
    const onExit = () => this.#fail(new LaneError('the lane has ended', undefined, undefined));
    this.#worker.on('exit', onExit);
    this.#worker.on('message', (message: LaneMessage) => {
      // This listener alone: whoever closes the lane waits for its exit too.
      if (message.type === 'finished') this.#worker.off('exit', onExit);
      if (message.type === 'rows') return this.#tell(message);
      if (message.type !== 'failed') return this.#pending.shift()?.resolve(message);
      const { error } = message;
      this.#fail(new LaneError(error.message, error.code, error.stack));
    });
    this.#worker.on('error', (error) => this.#fail(startFailure(error) ?? error));
  }

  /** Rejects as soon as the lane fails, whoever is waiting for it. */
  get failure(): Promise<never> {
    return this.#failed.promise;
  }

  /** Questions that are not answered yet. */
  get pending(): number {
    return this.#pending.length;
  }

  async request(message: LaneRequest, onRows?: OnLoaded): Promise<SuccessReply> {
    if (this.#failure) throw this.#failure;
    const answer = Promise.withResolvers<SuccessReply>();
    this.#pending.push({ ...answer, onRows });
    this.#worker.postMessage(message, message.type === 'block' ? [message.bytes.buffer] : []);
    return answer.promise;
  }

  /** @returns the block's buffer */
  async load(
    { bytes, firstLine, damaged, oversized, spoolBytes }: Block,
    onLoaded: OnLoaded,
  ): Promise<ArrayBuffer> {
    const answer = await this.request({ type: 'block', bytes, firstLine, damaged, oversized }, onLoaded);
    if (answer.type !== 'loaded') throw new Error(`a lane answered ${answer.type} to a block`);
    const { type: _, buffer, ...rows } = answer;
    onLoaded({ ...rows, spoolBytes });
    return buffer;
  }

  async finish(): Promise<number[]> {
    const answer = await this.request({ type: 'finish' });
    if (answer.type !== 'finished') throw new Error(`a lane answered ${answer.type} to the end`);
    return answer.staged;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(rows: RowCounts): void {
    try {
      this.#pending[0]?.onRows?.(rows);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#failed.reject(this.#failure);
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}

/** Of a thread that could not be started, Node tells the reason in words alone. */
function startFailure(error: Error & { code?: unknown }): LaneError | undefined {
  const reason = error.code === 'ERR_WORKER_INIT_FAILED' && /\b(EMFILE|ENFILE)\b/.exec(error.message)?.[0];
  return reason ? new LaneError(error.message, reason, error.stack) : undefined;
}

/** Has the lanes of the next import ready: a thread takes longer to start than a small file to load. */
export class WarmLanes {
  readonly #count: number;
  #ready: LanePool | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  /** Starts lanes, unless some are ready. */
  prepare(): void {
    this.#ready ??= new LanePool(this.#count);
  }

  /** @returns lanes to use once, then to dispose of */
  take(): LanePool {
    const lanes = this.#ready ?? new LanePool(this.#count);
    this.#ready = undefined;
    return lanes;
  }

  async close(): Promise<void> {
    await this.#ready?.[Symbol.asyncDispose]();
  }
}
