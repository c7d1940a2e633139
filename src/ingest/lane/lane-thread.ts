// The main thread's side of a lane: its worker thread, and the requests to it that are pending.

import { Worker } from 'node:worker_threads';
import { noteSpan } from '../../telemetry/tracing.ts';
import type { Block } from '../read/block-reader.ts';
import type { LaneMessage, LaneReply, LaneRequest, LaneTask, RowCounts } from './messages.ts';

/** Heap of the thread, in MiB. Blocks and rows are outside of it. */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 };

/** A lane failed. `code` is an SQLSTATE or an error code of Node, if there is one. */
class LaneError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, stack: string | undefined) {
    super(message);
    this.name = 'LaneError';
    this.code = code;
    if (stack) this.stack = stack;
  }
}

/** Rows that are in the database, or buffered for it. */
export interface LoadedRows extends RowCounts {
  /** Bytes of the upload up to the end of the block; undefined if more rows of the block follow. */
  spoolBytes?: number;
}

export type OnLoaded = (rows: LoadedRows) => void;
type SuccessReply = Exclude<LaneReply, { type: 'failed' }>;

interface PendingRequest extends PromiseWithResolvers<SuccessReply> {
  onRows?: OnLoaded | undefined;
}

export class LaneThread {
  readonly #worker: Worker;
  readonly #pending: PendingRequest[] = [];
  #failure: Error | undefined;
  #isIdle = true;

  constructor() {
    this.#worker = new Worker(new URL('./lane-worker.ts', import.meta.url), { resourceLimits: HEAP_LIMITS });
    this.#worker.on('exit', () => this.#fail(new LaneError('the lane has ended', undefined, undefined)));
    this.#worker.on('message', (message: LaneMessage) => {
      if (message.type === 'rows') return this.#reportRows(message);
      if (message.type !== 'failed') return this.#pending.shift()?.resolve(message);
      const { error } = message;
      this.#fail(new LaneError(error.message, error.code, error.stack));
    });
    this.#worker.on('error', (error) => this.#fail(startFailure(error) ?? error));
    // Idle lanes keep no process running. Last, because a listener for messages undoes it.
    this.#worker.unref();
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether it has no work, and can be opened for another task. */
  get isIdle(): boolean {
    return this.#isIdle && !this.hasFailed;
  }

  /** Number of requests without a reply. */
  get pending(): number {
    return this.#pending.length;
  }

  async open(task: LaneTask): Promise<void> {
    this.#isIdle = false;
    this.#worker.ref();
    await this.#request({ type: 'open', task });
  }

  /** @returns the block's buffer */
  async load(
    { bytes, firstLine, damaged, oversized, spoolBytes }: Block,
    onLoaded: OnLoaded,
  ): Promise<ArrayBuffer> {
    const reply = await this.#request({ type: 'block', bytes, firstLine, damaged, oversized }, onLoaded);
    if (reply.type !== 'loaded') throw new Error(`a lane replied ${reply.type} to a block`);
    const { type: _, buffer, ...rows } = reply;
    onLoaded({ ...rows, spoolBytes });
    return buffer;
  }

  /** @returns the number of staged rows in each partition */
  async finish(): Promise<number[]> {
    const reply = await this.#request({ type: 'finish' });
    if (reply.type !== 'finished') throw new Error(`a lane replied ${reply.type} to the end`);
    this.#isIdle = true;
    this.#worker.unref();
    const { start, end, busyMs, blocks } = reply.work;
    const attributes = { 'thread.id': this.#worker.threadId, 'loadstone.blocks': blocks };
    noteSpan('lane', { ...attributes, 'loadstone.busy_ms': Math.round(busyMs) }, { start, end });
    return reply.staged;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #request(message: LaneRequest, onRows?: OnLoaded): Promise<SuccessReply> {
    if (this.#failure) throw this.#failure;
    const reply = Promise.withResolvers<SuccessReply>();
    this.#pending.push({ ...reply, onRows });
    this.#worker.postMessage(message, message.type === 'block' ? [message.bytes.buffer] : []);
    return reply.promise;
  }

  #reportRows(rows: RowCounts): void {
    try {
      this.#pending[0]?.onRows?.(rows);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}

/** If a thread cannot be started, Node has the cause only in the message. */
function startFailure(error: Error & { code?: unknown }): LaneError | undefined {
  const cause = error.code === 'ERR_WORKER_INIT_FAILED' && /\b(EMFILE|ENFILE)\b/.exec(error.message)?.[0];
  return cause ? new LaneError(error.message, cause, error.stack) : undefined;
}
