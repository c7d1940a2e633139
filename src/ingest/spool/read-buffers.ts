// The buffers that an upload is read into, to be given back by whoever has copied what is in them.

import { freeChunk } from '../../memory/free-chunk.ts';
import { SpareBuffers } from './spare-buffers.ts';

const MAX_SPARES = 2;

export class ReadBuffers {
  readonly #spares: SpareBuffers;
  readonly #taken = new WeakSet<ArrayBufferLike>();

  /** @param bytes size of each buffer */
  constructor(bytes = 1024 * 1024) {
    this.#spares = new SpareBuffers(bytes, MAX_SPARES);
  }

  take(): Buffer {
    const buffer = this.#spares.take();
    this.#taken.add(buffer);
    return Buffer.from(buffer);
  }

  /** @param chunk nobody uses it any more, nor anything else in its buffer. If its buffer is not from here, it is freed */
  giveBack(chunk: Uint8Array): void {
    const { buffer } = chunk;
    if (buffer instanceof ArrayBuffer && this.#taken.delete(buffer)) this.#spares.add(buffer);
    else freeChunk(chunk);
  }

  /** Frees the memory of those that were given back. */
  clear(): void {
    this.#spares.clear();
  }
}
