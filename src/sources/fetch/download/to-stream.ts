// Turns chunks into a stream that can be destroyed at any moment, even while it waits for the next chunk.

import { Readable } from 'node:stream';

/** @param close called once: at the end, on a failure, or when the stream is destroyed */
export function toStream(chunks: AsyncGenerator<Buffer, void, undefined>, close: () => void): Readable {
  return new Readable({
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
