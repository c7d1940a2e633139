// One zlib engine, driven chunk by chunk, so that it is known which bytes it used.

import type { Gunzip, InflateRaw, ZstdDecompress } from 'node:zlib';
import { LoadstoneError } from '../../../errors.ts';
import type { Format } from './detect-format.ts';

export type Engine = Gunzip | InflateRaw | ZstdDecompress;

/** Of what comes out at once, in bytes. */
const OUTPUT_BYTES = 256 * 1024;

export class Decompressor {
  readonly #format: Format;
  readonly #engine: Engine;
  #failure: NodeJS.ErrnoException | undefined;
  #ended = false;
  #wake = () => {};

  constructor(format: Format, createEngine: (options: { chunkSize: number }) => Engine) {
    this.#format = format;
    this.#engine = createEngine({ chunkSize: OUTPUT_BYTES });
    this.#engine.on('readable', () => this.#wake());
    this.#engine.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
    this.#engine.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /**
   * Yields what `chunk` unpacks to.
   *
   * @returns how many of its bytes were used: fewer than given when the packed data ended before
   * @throws LoadstoneError CORRUPT_ARCHIVE
   */
  async *write(chunk: Buffer): AsyncGenerator<Buffer, number, undefined> {
    const before = this.#engine.bytesWritten;
    let written = false;
    this.#engine.write(chunk, () => {
      written = true;
      this.#wake();
    });
    yield* this.#output(() => written);
    return this.#engine.bytesWritten - before;
  }

  /**
   * Yields what is left when all has been written.
   *
   * @throws LoadstoneError CORRUPT_ARCHIVE if the packed data has no end
   */
  async *end(): AsyncGenerator<Buffer, void, undefined> {
    this.#engine.end();
    yield* this.#output(() => this.#ended);
  }

  close(): void {
    this.#engine.destroy();
  }

  async *#output(isDone: () => boolean): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      for (let bytes = this.#engine.read(); bytes !== null; bytes = this.#engine.read()) yield bytes;
      if (this.#failure) throw corruptArchive(this.#format, this.#failure);
      if (isDone()) return;
      await woken;
    }
  }
}

/** @param cause what the library says of it */
export function corruptArchive(format: Format, cause: Error): LoadstoneError {
  if ('code' in cause && cause.code === 'ZSTD_error_frameParameter_windowTooLarge') {
    const message =
      'The zstd file needs a window of more than 128 MiB to unpack. Pack it again without --long.';
    return new LoadstoneError('CORRUPT_ARCHIVE', message, { cause });
  }
  const message = `The ${format} file is truncated or damaged (${cause.message}). Check it, or make it again.`;
  return new LoadstoneError('CORRUPT_ARCHIVE', message, { cause });
}
