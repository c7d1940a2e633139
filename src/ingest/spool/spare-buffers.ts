// Large buffers to be used again: the garbage collector frees them late, and new ones cost page faults.

export class SpareBuffers {
  readonly #bytes: number;
  readonly #most: number;
  readonly #spares: ArrayBuffer[] = [];

  /**
   * @param bytes size of each buffer
   * @param most how many are kept
   */
  constructor(bytes: number, most: number) {
    this.#bytes = bytes;
    this.#most = most;
  }

  /** @returns a spare buffer, or a new one */
  take(): ArrayBuffer {
    return this.#spares.pop() ?? new ArrayBuffer(this.#bytes);
  }

  /** Keeps a buffer that nobody uses any more, if it has this size and there is room; otherwise its memory is freed. */
  add(buffer: ArrayBuffer): void {
    if (buffer.byteLength === this.#bytes && this.#spares.length < this.#most) this.#spares.push(buffer);
    else buffer.transfer(0);
  }

  /** Frees the memory of all spare buffers. */
  clear(): void {
    for (const spare of this.#spares.splice(0)) spare.transfer(0);
  }
}
