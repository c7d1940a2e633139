// Chunks as a stream that can be destroyed at any moment, also while it waits for the next chunk.

import { Readable } from 'node:stream';

const WAITING_BYTES = 1024 * 1024;

/** @param close called once, when all was read, on a failure, or when the stream is destroyed */
export function toStream(chunks: AsyncGenerator<Buffer, void, undefined>, close: () => void): Readable {
  return new Readable({
    highWaterMark: WAITING_BYTES,
    read() {
      chunks.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      close();
      callback(error);
    },
  });
}
