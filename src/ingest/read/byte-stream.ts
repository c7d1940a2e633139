// A stream of bytes with lookahead.

const EMPTY = Buffer.alloc(0);

export class ByteStream implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly #chunks: AsyncIterator<Buffer>;
  #head: Buffer = EMPTY;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns the next bytes without consuming them, at least `length` unless the stream ends before */
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

  /** Drops `length` bytes that were peeked at. */
  skip(length: number): void {
    this.#head = this.#head.subarray(length);
  }

  /** @returns the next chunk; undefined at the end */
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

  /** Puts back the end of the chunk that was read last. */
  unread(bytes: Buffer): void {
    this.#head = bytes;
  }

  /** Yields the next `length` bytes, fewer if the stream ends before. */
  async *take(length: number): AsyncGenerator<Buffer, void, undefined> {
    for (let left = length; left > 0; ) {
      const chunk = await this.read();
      if (!chunk) return;
      if (chunk.length > left) this.unread(chunk.subarray(left));
      yield chunk.subarray(0, left);
      left -= chunk.length;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const chunk = await this.read();
      if (!chunk) return;
      yield chunk;
    }
  }

  /** Closes the underlying stream. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }
}
