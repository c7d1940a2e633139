// Limits for request bodies without a file: size, time to arrive, and how many large ones are in memory at once.
//
// The size follows from MAX_DESCRIPTION_LENGTH, which counts characters: any valid description must fit, whatever
// escapes its client uses.

import { constants } from 'node:buffer';
import { Semaphore } from '../../../ingest/semaphore.ts';

/** The longest form of a character: a surrogate pair, escaped in a GraphQL document that is escaped in JSON. */
const BYTES_PER_CHARACTER = '\\\\ud83d\\\\ude00'.length;
/** Larger bodies wait for a slot. */
export const SMALL_BODY_BYTES = 1024 * 1024;
const MAX_LARGE_BODIES = 2;
const SMALL_BODY_TIMEOUT_MS = 30_000;
/** Large bodies get as much more time as the largest one takes at this rate. */
const MIN_BYTES_PER_MS = 128;

export class BodyLimits {
  /** Of a request body or a WebSocket message. */
  readonly maxBytes: number;
  readonly #large = new Semaphore(MAX_LARGE_BODIES);

  /** @param maxDescriptionLength in characters */
  constructor(maxDescriptionLength: number) {
    const needed = SMALL_BODY_BYTES + maxDescriptionLength * BYTES_PER_CHARACTER;
    // Longer JSON cannot be parsed, as it does not fit into a string.
    this.maxBytes = Math.min(needed, constants.MAX_STRING_LENGTH);
  }

  /** Measured from the first byte, or from when a large body got its slot. */
  timeoutMs(isLarge: boolean): number {
    return SMALL_BODY_TIMEOUT_MS + (isLarge ? Math.ceil(this.maxBytes / MIN_BYTES_PER_MS) : 0);
  }

  /**
   * Waits for a slot for a large body. Disposing of the result releases it.
   *
   * @throws the signal's reason if it aborts first
   */
  acquire(signal: AbortSignal): Promise<Disposable> {
    return this.#large.acquire(() => {}, signal);
  }
}
