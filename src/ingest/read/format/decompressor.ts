// Drives a zlib stream chunk by chunk, and tells how many bytes of each chunk it consumed.

import type { Gunzip, InflateRaw, ZstdDecompress } from 'node:zlib';
import { LoadstoneError } from '../../../errors.ts';
import type { Format } from './detect-format.ts';

export type Engine = Gunzip | InflateRaw | ZstdDecompress;

/** Size of output chunks. */
const OUTPUT_BYTES = 64 * 1024;

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
   * Yields the decompressed data.
   *
   * @returns how many bytes of the chunk were consumed: not all if the compressed data ends before
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
   * Yields the rest.
   *
   * @throws LoadstoneError CORRUPT_ARCHIVE if the compressed data is truncated
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

/** @param cause the error of the library */
export function corruptArchive(format: Format, cause: Error): LoadstoneError {
  if ('code' in cause && cause.code === 'ZSTD_error_frameParameter_windowTooLarge') {
    const message =
      'The zstd file needs a window of more than 128 MiB for decompression. Compress it again without --long.';
    return new LoadstoneError('CORRUPT_ARCHIVE', message, { cause });
  }
  const message = `The ${format} file is truncated or damaged (${cause.message}). Check it, or create it again.`;
  return new LoadstoneError('CORRUPT_ARCHIVE', message, { cause });
}

export function truncatedArchive(format: Format): LoadstoneError {
  return corruptArchive(format, new Error('unexpected end of file'));
}
