// Buffers that an upload is read into, to be reused: the garbage collector frees large buffers late, and new ones cost page
// faults.

const MAX_SPARES = 2;

export class ReadBuffers {
  readonly #bytes: number;
  readonly #taken = new WeakSet<ArrayBufferLike>();
  readonly #spares: Buffer<ArrayBuffer>[] = [];

  /** @param bytes size of each buffer */
  constructor(bytes = 1024 * 1024) {
    this.#bytes = bytes;
  }

  take(): Buffer {
    const spare = this.#spares.pop();
    if (spare) return spare;
    const buffer = Buffer.allocUnsafeSlow(this.#bytes);
    this.#taken.add(buffer.buffer);
    return buffer;
  }

  /** @param chunk nobody uses it any more, nor anything else in its buffer. If its buffer is not from here, it is left alone */
  giveBack({ buffer }: Uint8Array): void {
    if (buffer instanceof ArrayBuffer && this.#taken.has(buffer) && this.#spares.length < MAX_SPARES)
      this.#spares.push(Buffer.from(buffer));
  }

  /** Frees the memory of the spare ones, which the garbage collector would do much later. */
  clear(): void {
    for (const spare of this.#spares.splice(0)) spare.buffer.transfer(0);
  }
}
