// Many strings in a part of the memory that they would take: compressed in blocks, outside of the heap.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Of a block, unless a single string is longer. */
const BLOCK_BYTES = 64 * 1024;
const BLOCK_STRINGS = 4096;
/** Of decompressed blocks that are kept at first. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** Keeps twice as many blocks after each that were decompressed this number of times on average. */
const REPEATS = 2;
const INT_BYTES = 4;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface PackedBlock {
  /** The number of its first string. */
  first: number;
  bytes: Uint8Array;
}

export class CompressedStrings {
  readonly #packed: PackedBlock[] = [];
  readonly #open = new OpenBlock();
  readonly #kept = new Map<PackedBlock, Buffer>();
  #keptBytes = 0;
  #maxKeptBytes = KEPT_BYTES;
  #decompressed = 0;
  #last: { block: PackedBlock; content: Buffer } | undefined;

  /** How many there are. */
  get count(): number {
    return this.#open.first + this.#open.count;
  }

  add(value: string): void {
    const size = Buffer.byteLength(value);
    if (!this.#open.hasRoom(size)) this.#pack();
    this.#open.add(value, size);
  }

  /** @returns undefined if there is no such string */
  at(index: number): string | undefined {
    if (!(Number.isInteger(index) && index >= 0 && index < this.count)) return undefined;
    if (index >= this.#open.first) return this.#open.at(index - this.#open.first);
    const { block, content } = this.#blockOf(index);
    return stringOf(content, index - block.first);
  }

  #pack(): void {
    const { first } = this.#open;
    // A copy with memory of its own: the result is a part of a larger buffer, and so is a new Buffer.
    this.#packed.push({ first, bytes: new Uint8Array(zstdCompressSync(this.#open.content(), FAST)) });
    this.#open.clear();
  }

  #blockOf(index: number): { block: PackedBlock; content: Buffer } {
    const last = this.#last;
    if (last && index >= last.block.first && index < last.block.first + countOf(last.content)) return last;
    const block = this.#packed[this.#positionOf(index)] as PackedBlock;
    this.#last = { block, content: this.#contentOf(block) };
    return this.#last;
  }

  /** @returns where the block with this string is */
  #positionOf(index: number): number {
    let [from, to] = [0, this.#packed.length - 1];
    while (from < to) {
      const middle = Math.ceil((from + to) / 2);
      if ((this.#packed[middle] as PackedBlock).first <= index) from = middle;
      else to = middle - 1;
    }
    return from;
  }

  #contentOf(block: PackedBlock): Buffer {
    const kept = this.#kept.get(block);
    const content = kept ?? zstdDecompressSync(block.bytes);
    // The last of the map is the one that was used last.
    this.#kept.delete(block);
    this.#kept.set(block, content);
    if (!kept) this.#makeRoom(content.length);
    return content;
  }

  /** A sheet that refers to its strings in their order needs few blocks at once; one that was sorted, all of them. */
  #makeRoom(added: number): void {
    this.#keptBytes += added;
    if (++this.#decompressed > REPEATS * this.#packed.length) {
      this.#decompressed = 0;
      this.#maxKeptBytes *= 2;
    }
    for (const [block, { length }] of this.#kept) {
      if (this.#keptBytes <= this.#maxKeptBytes || this.#kept.size === 1) return;
      this.#kept.delete(block);
      this.#keptBytes -= length;
    }
  }
}

/** The block that strings are added to. */
class OpenBlock {
  /** The number of its first string. */
  first = 0;
  readonly #ends: number[] = [];
  #bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);

  get count(): number {
    return this.#ends.length;
  }

  /** The first string always fits in. */
  hasRoom(size: number): boolean {
    return this.count === 0 || (this.#length + size <= BLOCK_BYTES && this.count < BLOCK_STRINGS);
  }

  add(value: string, size: number): void {
    if (size > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#bytes.write(value, this.#length);
    this.#ends.push(this.#length + size);
  }

  at(index: number): string {
    return this.#bytes.toString('utf8', this.#ends[index - 1] ?? 0, this.#ends[index]);
  }

  /** The number of strings, the end of each, and their bytes. */
  content(): Buffer {
    const table = Buffer.allocUnsafeSlow((1 + this.count) * INT_BYTES);
    for (const [at, value] of [this.count, ...this.#ends].entries())
      table.writeUInt32LE(value, at * INT_BYTES);
    return Buffer.concat([table, this.#bytes.subarray(0, this.#length)]);
  }

  /** Begins the next block. */
  clear(): void {
    this.first += this.count;
    this.#ends.length = 0;
    if (this.#bytes.length > BLOCK_BYTES) this.#bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  get #length(): number {
    return this.#ends.at(-1) ?? 0;
  }
}

/** @param content of an `OpenBlock` */
function countOf(content: Buffer): number {
  return content.readUInt32LE(0);
}

function stringOf(content: Buffer, index: number): string {
  const begin = (1 + countOf(content)) * INT_BYTES;
  const start = index === 0 ? 0 : content.readUInt32LE(index * INT_BYTES);
  return content.toString('utf8', begin + start, begin + content.readUInt32LE((1 + index) * INT_BYTES));
}
