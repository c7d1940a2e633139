// Keeps a small file from unpacking to more than the disk of the database has room for.

import { LoadstoneError } from '../../../errors.ts';

export interface UnpackLimits {
  /** The most that a compressed file may unpack to. */
  maxUnpackedBytes: number;
  /** How many times its size a compressed file may unpack to; looked at beyond `RATIO_FREE_BYTES`. */
  maxCompressionRatio: number;
}

export const DEFAULT_UNPACK_LIMITS: UnpackLimits = { maxUnpackedBytes: 2 ** 40, maxCompressionRatio: 200 };

/** So much may be unpacked whatever its ratio: repeated rows compress a thousandfold, and harm nobody while they are few. */
const RATIO_FREE_BYTES = 256 * 2 ** 20;

/** Measures what one file unpacks to by the bytes that come out, as sizes that a file states may be wrong. */
export class UnpackMeter {
  readonly #limits: UnpackLimits;
  readonly #packedBytes: () => number;
  readonly #ratioFreeBytes: number;
  #bytes = 0;

  /** @param packedBytes how many bytes of the upload have been unpacked so far, or more */
  constructor(limits: UnpackLimits, packedBytes: () => number, ratioFreeBytes = RATIO_FREE_BYTES) {
    this.#limits = limits;
    this.#packedBytes = packedBytes;
    this.#ratioFreeBytes = ratioFreeBytes;
  }

  /**
   * Yields the content, which may be one of several parts of the file.
   *
   * @throws LoadstoneError UNPACKED_TOO_LARGE in place of the chunk that passes a limit
   */
  async *measure(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    const { maxUnpackedBytes, maxCompressionRatio } = this.#limits;
    for await (const chunk of content) {
      this.#bytes += chunk.length;
      if (this.#bytes > maxUnpackedBytes) throw tooLarge(maxUnpackedBytes);
      const isRatioFree = this.#bytes <= this.#ratioFreeBytes;
      if (!isRatioFree && this.#bytes > this.#packedBytes() * maxCompressionRatio) {
        throw ratioTooHigh(maxCompressionRatio);
      }
      yield chunk;
    }
  }
}

function tooLarge(maxUnpackedBytes: number): LoadstoneError {
  const message = `The file unpacks to more than ${maxUnpackedBytes} bytes, which is this server's limit. Nothing was imported. Split it, or raise MAX_UNPACKED_BYTES.`;
  return new LoadstoneError('UNPACKED_TOO_LARGE', message);
}

function ratioTooHigh(maxCompressionRatio: number): LoadstoneError {
  const message = `The file unpacks to more than ${maxCompressionRatio} times its size, which is this server's limit. Nothing was imported. If these are products, send the file less compressed, or raise MAX_COMPRESSION_RATIO.`;
  return new LoadstoneError('UNPACKED_TOO_LARGE', message);
}
