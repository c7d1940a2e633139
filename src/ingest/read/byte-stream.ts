// A stream of bytes whose beginning can be looked at before it is read.

const EMPTY = Buffer.alloc(0);

export class ByteStream implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly #chunks: AsyncIterator<Buffer>;
  #head: Buffer = EMPTY;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns the bytes to come, at least `length` of them unless the stream ends before */
  async peek(length: number): Promise<Buffer> {
    const parts = [this.#head];
    let have = this.#head.length;
    while (have < length) {
      const next = await this.#chunks.next();
      if (next.done) break;
      parts.push(next.value);
      have += next.value.length;
    }
    if (parts.length > 1) this.#head = Buffer.concat(parts, have);
    return this.#head;
  }

  /** Drops the first `length` bytes, which have been peeked at. */
  skip(length: number): void {
    this.#head = this.#head.subarray(length);
  }

  /** @returns the next bytes, as many as come at once; undefined behind the last */
  async read(): Promise<Buffer | undefined> {
    const head = this.#head;
    this.#head = EMPTY;
    if (head.length > 0) return head;
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      if (next.value.length > 0) return next.value;
    }
  }

  /** Puts back the end of what was read last. */
  unread(bytes: Buffer): void {
    this.#head = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const chunk = await this.read();
      if (!chunk) return;
      yield chunk;
    }
  }

  /** Ends the stream that this one reads from, however far it was read. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }
}
