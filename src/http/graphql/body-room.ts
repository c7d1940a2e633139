// How large a request may be that uploads no file, and how many large ones are held in memory at once.
//
// A limit in bytes stands for one in characters: a description that may be stored must fit into a request, however its
// client writes it down. Others than the longest descriptions fit into what is let in at once.

import { constants } from 'node:buffer';
import { Semaphore } from '../../ingest/semaphore.ts';

/** What a character takes at most: outside of the BMP, escaped in a GraphQL document that is escaped in JSON. */
const BYTES_PER_CHARACTER = '\\\\ud83d\\\\ude00'.length;
/** Larger than this are let in a few at a time. */
export const SMALL_BODY_BYTES = 1024 * 1024;
const LARGE_AT_ONCE = 2;
/** A small one has so long to arrive, a large one the time that it takes at this rate beside. */
const SMALL_BODY_MS = 30_000;
const LEAST_BYTES_PER_MS = 128;

export class BodyRoom {
  /** Of a request without a file, or a WebSocket message. */
  readonly maxBytes: number;
  readonly #large = new Semaphore(LARGE_AT_ONCE);

  /** @param maxDescriptionLength in characters */
  constructor(maxDescriptionLength: number) {
    const needed = SMALL_BODY_BYTES + maxDescriptionLength * BYTES_PER_CHARACTER;
    // No JSON can be read that is longer than a string may be.
    this.maxBytes = Math.min(needed, constants.MAX_STRING_LENGTH);
  }

  /** In milliseconds, from its first byte or from when it was let in. */
  arrivesWithin(isLarge: boolean): number {
    return SMALL_BODY_MS + (isLarge ? Math.ceil(this.maxBytes / LEAST_BYTES_PER_MS) : 0);
  }

  /**
   * Waits until one that is large may go on; the next may when what is returned is disposed of.
   *
   * @throws the signal's reason when it comes before
   */
  enter(signal: AbortSignal): Promise<Disposable> {
    return this.#large.acquire(() => {}, signal);
  }
}
