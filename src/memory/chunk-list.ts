// Chunks that wait in memory, in order.

import { freeChunk } from './free-chunk.ts';

/** A chunk takes some 200 bytes beside its own. A client may send a million of one byte each. */
const SMALL_BYTES = 1024;
/** So many small ones in a row become one. */
const MOST_SMALL = 256;

export class ChunkList implements Disposable {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** How many of the last ones are small. */
  #small = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param chunk nobody else uses it */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#small = chunk.length < SMALL_BYTES ? this.#small + 1 : 0;
    if (this.#small < MOST_SMALL) return;
    this.#chunks.push(Buffer.concat(this.#chunks.splice(-MOST_SMALL)));
    this.#small = 0;
  }

  /** @returns all chunks, of which none stays in the list */
  takeAll(): Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    this.#small = 0;
    return chunks;
  }

  /** @returns all bytes, of which none stays in the list */
  takeBytes(): Buffer {
    const chunks = this.takeAll();
    if (chunks.length === 1) return chunks[0] as Buffer;
    const bytes = Buffer.concat(chunks);
    for (const chunk of chunks) freeChunk(chunk);
    return bytes;
  }

  /** Frees all chunks. */
  [Symbol.dispose](): void {
    for (const chunk of this.takeAll()) freeChunk(chunk);
  }
}
