// A Bloom filter of the SKUs that all lanes of an import have staged. It never takes a SKU for new that was there before, but
// now and then the other way round, so what it finds is to be looked at.

/** Of each row that is expected: then one of sixteen rows at most is taken for a repeated one. */
const BITS_PER_ROW = 16;
const MIN_BITS = 2 ** 16;
/** 16 MiB. A larger file has more rows that are looked at in vain. */
const MAX_BITS = 2 ** 27;
const MULTIPLIER = 0x9e3779b1;

export class BloomFilter {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #shift: number;

  /** @param memory from `memoryFor`, which several threads may share */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#shift = 32 - Math.log2(8 * memory.byteLength);
  }

  /** @param rows about how many there will be */
  static memoryFor(rows: number): SharedArrayBuffer {
    const bits = Math.min(Math.max(BITS_PER_ROW * rows, MIN_BITS), MAX_BITS);
    return new SharedArrayBuffer(2 ** Math.ceil(Math.log2(bits)) / 8);
  }

  /**
   * @param hash an unsigned number of 32 bits
   * @returns whether it may have been added before, by any thread. Of two threads that add it at the same time, one finds it
   */
  add(hash: number): boolean {
    const bit = Math.imul(hash, MULTIPLIER) >>> this.#shift;
    const mask = 1 << (bit & 31);
    return (Atomics.or(this.#words, bit >>> 5, mask) & mask) !== 0;
  }
}
