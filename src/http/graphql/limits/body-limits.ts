// Limits for request bodies without a file: size, time to arrive, and how much memory large ones take together.
//
// The size follows from MAX_DESCRIPTION_LENGTH, which counts characters: any valid description must fit, whatever
// escapes its client uses.

import { constants } from 'node:buffer';
import { Semaphore } from '../../../ingest/semaphore.ts';

/** The longest form of a character: a surrogate pair, escaped in a GraphQL document that is escaped in JSON. */
const BYTES_PER_CHARACTER = '\\\\ud83d\\\\ude00'.length;
/** Larger bodies wait until there is room. */
export const SMALL_BODY_BYTES = 1024 * 1024;
const SMALL_BODY_TIMEOUT_MS = 30_000;
/** Large bodies get as much more time as the largest one takes at this rate. */
const MIN_BYTES_PER_MS = 128;

export class BodyLimits {
  /** Of a request body or a WebSocket message. */
  readonly maxBytes: number;
  /** A permit for each byte: of one that has the maximum size, or of several that are smaller. */
  readonly #room: Semaphore;

  /** @param maxDescriptionLength in characters */
  constructor(maxDescriptionLength: number) {
    const needed = SMALL_BODY_BYTES + maxDescriptionLength * BYTES_PER_CHARACTER;
    // Longer JSON cannot be parsed, as it does not fit into a string.
    this.maxBytes = Math.min(needed, constants.MAX_STRING_LENGTH);
    this.#room = new Semaphore(this.maxBytes);
  }

  /** Measured from the first byte, or from when there was room for a large body. */
  timeoutMs(isLarge: boolean): number {
    return SMALL_BODY_TIMEOUT_MS + (isLarge ? Math.ceil(this.maxBytes / MIN_BYTES_PER_MS) : 0);
  }

  /**
   * Waits until there is room for a large body. Disposing of the result makes room for others.
   *
   * @param bytes of the body; as many as it may have if that is not known
   * @throws the signal's reason if it aborts first
   */
  acquire(signal: AbortSignal, bytes = this.maxBytes): Promise<Disposable> {
    return this.#room.acquire(() => {}, signal, bytes);
  }
}
