// Divides the blocks of an upload into bursts. A burst ends when the client is too slow, so that its lanes and slot are free for
// other imports; the next one starts when enough data has arrived. A file that arrives fast is a single burst.

import { setTimeout as pause } from 'node:timers/promises';
import { READ_AHEAD_BYTES, type ReadAhead } from '../spool/read-ahead.ts';

/** How long a burst waits for its next block if other imports are waiting, and at most. */
const SHORT_WAIT_MS = 250;
const MAX_WAIT_MS = 5000;
/** Bytes that must arrive between bursts, as each burst has the cost of starting threads and connections. */
const BYTES_BETWEEN_BURSTS = 8 * 1024 * 1024;

export class Bursts<Block> {
  readonly #blocks: AsyncIterator<Block>;
  readonly #readAhead: ReadAhead;
  #next: Promise<IteratorResult<Block>>;
  #isOver = false;

  /** @param readAhead of the reader of the blocks */
  constructor(blocks: AsyncIterable<Block>, readAhead: ReadAhead) {
    this.#blocks = blocks[Symbol.asyncIterator]();
    this.#readAhead = readAhead;
    this.#next = this.#request();
  }

  /** Whether all blocks were yielded. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when a burst can start, even if it is an empty one at the end of the file. */
  async begin(): Promise<void> {
    await this.#next;
    this.#readAhead.minBytes = READ_AHEAD_BYTES;
  }

  /** @param hasWaiters whether other imports are waiting for the slot */
  async *burst(hasWaiters: () => boolean): AsyncGenerator<Block, void, undefined> {
    while (await this.#nextArrives(hasWaiters)) {
      const next = await this.#next;
      this.#isOver = next.done === true;
      if (next.done) return;
      this.#next = this.#request();
      yield next.value;
    }
    this.#readAhead.minBytes = BYTES_BETWEEN_BURSTS;
  }

  #request(): Promise<IteratorResult<Block>> {
    const next = this.#blocks.next();
    // It may fail before it is awaited.
    next.catch(() => {});
    return next;
  }

  async #nextArrives(hasWaiters: () => boolean): Promise<boolean> {
    const next = this.#next.then(
      () => true,
      () => true,
    );
    for (let waited = 0; waited < MAX_WAIT_MS; waited += SHORT_WAIT_MS) {
      if (waited > 0 && hasWaiters()) return false;
      const timer = new AbortController();
      const timeout = pause(SHORT_WAIT_MS, false, { signal: timer.signal }).catch(() => false);
      const arrived = await Promise.race([next, timeout]);
      timer.abort();
      if (arrived) return true;
    }
    return false;
  }
}
