// The blocks of an upload in bursts. A burst ends when the client keeps us waiting, so that what others need is not held
// meanwhile; the next begins when there is enough to do again. The blocks of a file that arrives fast are one burst.

import { setTimeout as pause } from 'node:timers/promises';
import { FAST, type ReadingPace } from '../spool/reading-pace.ts';

/** For how long a burst waits for its next block: while others want its place, and in any case. In milliseconds. */
const SHORT_WAIT = 250;
const LONG_WAIT = 5000;
/** Between bursts, of which each has a larger cost: threads, and connections. */
const SLOW = 8 * 1024 * 1024;

export class Bursts<Block> {
  readonly #blocks: AsyncIterator<Block>;
  readonly #pace: ReadingPace;
  #next: Promise<IteratorResult<Block>>;
  #isOver = false;

  /** @param pace of those who read the blocks */
  constructor(blocks: AsyncIterable<Block>, pace: ReadingPace) {
    this.#blocks = blocks[Symbol.asyncIterator]();
    this.#pace = pace;
    this.#next = this.#ask();
  }

  /** Whether all blocks were given out. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when a burst can begin, be it one without a block at the end of the file. */
  async begin(): Promise<void> {
    await this.#next;
    this.#pace.worthReadingBytes = FAST;
  }

  /** @param isWanted whether others wait for what is held during the burst */
  async *burst(isWanted: () => boolean): AsyncGenerator<Block, void, undefined> {
    while (await this.#comes(isWanted)) {
      const next = await this.#next;
      this.#isOver = next.done === true;
      if (next.done) return;
      this.#next = this.#ask();
      yield next.value;
    }
    this.#pace.worthReadingBytes = SLOW;
  }

  #ask(): Promise<IteratorResult<Block>> {
    const next = this.#blocks.next();
    // It may fail while nobody waits for it; whoever does next is told.
    next.catch(() => {});
    return next;
  }

  async #comes(isWanted: () => boolean): Promise<boolean> {
    const next = this.#next.then(
      () => true,
      () => true,
    );
    for (let waited = 0; waited < LONG_WAIT; waited += SHORT_WAIT) {
      if (waited > 0 && isWanted()) return false;
      const timer = new AbortController();
      const late = pause(SHORT_WAIT, false, { signal: timer.signal }).catch(() => false);
      const came = await Promise.race([next, late]);
      timer.abort();
      if (came) return true;
    }
    return false;
  }
}
