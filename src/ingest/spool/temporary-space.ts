// The space of a file that is written once and then forgotten: what is inspected, or fetched to be compared.

import type { DiskSpace, Reservation } from './disk-space.ts';

/** Bytes that are written between two checks of the free space. */
const CHECK_BYTES = 64 * 1024 * 1024;

export class TemporarySpace implements Reservation, Disposable {
  readonly #space: DiskSpace;
  #reservedBytes = 0;
  #bytes = 0;
  #nextCheck = CHECK_BYTES;

  private constructor(space: DiskSpace) {
    this.#space = space;
  }

  /**
   * Reserves space until the file is written. Dispose of it then.
   *
   * @param sizeHint an upper bound of its size; 0 if there is none
   * @throws LoadstoneError SPOOL_FULL
   */
  static async reserve(space: DiskSpace, sizeHint: number): Promise<TemporarySpace> {
    const temporary = new TemporarySpace(space);
    await space.reserve(sizeHint, () => {
      temporary.#reservedBytes = sizeHint;
      space.add(temporary);
    });
    return temporary;
  }

  get outstandingBytes(): number {
    return Math.max(0, this.#reservedBytes - this.#bytes);
  }

  /**
   * Call it before each write.
   *
   * @throws LoadstoneError SPOOL_FULL
   */
  async require(bytes: number): Promise<void> {
    if (this.#bytes + bytes > this.#nextCheck) {
      await this.#space.recheck(this);
      this.#nextCheck = this.#bytes + CHECK_BYTES;
    }
    this.#bytes += bytes;
  }

  [Symbol.dispose](): void {
    this.#space.remove(this);
  }
}
