// Many strings in a part of the memory that they would take: in blocks outside of the heap, compressed if they are many.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { freeChunk } from '../../../../memory/free-chunk.ts';

/** Of a block, unless a single string is longer. */
const BLOCK_BYTES = 64 * 1024;
const BLOCK_STRINGS = 4096;
/** Of blocks that are kept as they are, at first. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Keeps twice as many once blocks have been decompressed this number of times on average. */
const REPEATS = 2;
const INT_BYTES = 4;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface Block {
  /** The number of its first string. */
  first: number;
  /** How many strings it has. */
  count: number;
  /** Undefined while it is not kept as it is. */
  content: Buffer | undefined;
  /** Undefined until its content was given up for the first time. */
  packed: Uint8Array | undefined;
  /** Whether a string of it was read since its content could last have been given up. */
  wasRead: boolean;
}

export class CompressedStrings implements Disposable {
  readonly #blocks: Block[] = [];
  readonly #open = new OpenBlock();
  /** Those whose contents are kept. The first is given up first, unless it was read. */
  readonly #kept = new Set<Block>();
  #keptBytes = 0;
  #maxKeptBytes: number;
  #unpacked = 0;
  #byteLength = 0;

  /** @param keptBytes of blocks that are kept as they are, at first */
  constructor(keptBytes = KEPT_BYTES) {
    this.#maxKeptBytes = keptBytes;
  }

  /** Of all strings, in UTF-8. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** How many there are. */
  get count(): number {
    return this.#open.first + this.#open.count;
  }

  add(value: string): void {
    const size = Buffer.byteLength(value);
    if (!this.#open.hasRoom(size)) this.#close();
    this.#open.add(value, size);
    this.#byteLength += size;
  }

  /** @returns undefined if there is no such string */
  at(index: number): string | undefined {
    if (!(Number.isInteger(index) && index >= 0 && index < this.count)) return undefined;
    if (index >= this.#open.first) return this.#open.at(index - this.#open.first);
    const block = this.#blockOf(index);
    block.wasRead = true;
    return stringOf(block.content ?? this.#unpack(block), index - block.first, block.count);
  }

  #close(): void {
    const { first, count } = this.#open;
    const content = this.#open.content();
    const block = { first, count, content, packed: undefined, wasRead: false };
    this.#blocks.push(block);
    this.#keep(block, content);
    this.#open.clear();
  }

  #blockOf(index: number): Block {
    let [from, to] = [0, this.#blocks.length - 1];
    while (from < to) {
      const middle = (from + to + 1) >>> 1;
      if ((this.#blocks[middle] as Block).first <= index) from = middle;
      else to = middle - 1;
    }
    return this.#blocks[from] as Block;
  }

  #unpack(block: Block): Buffer {
    const content = zstdDecompressSync(block.packed as Uint8Array);
    block.content = content;
    // A sheet that refers to its strings in their order needs few blocks at once; one that was sorted, all of them.
    if (++this.#unpacked > REPEATS * this.#blocks.length) {
      this.#unpacked = 0;
      this.#maxKeptBytes *= 2;
    }
    this.#keep(block, content);
    return content;
  }

  #keep(added: Block, content: Buffer): void {
    this.#kept.add(added);
    this.#keptBytes += content.length;
    for (const block of this.#kept) {
      if (this.#keptBytes <= this.#maxKeptBytes || block === added) return;
      this.#kept.delete(block);
      if (block.wasRead) this.#kept.add(block);
      else this.#giveUp(block);
      block.wasRead = false;
    }
  }

  #giveUp(block: Block): void {
    const content = block.content as Buffer;
    // A copy with memory of its own: the result is a part of a larger buffer, and so is a new Buffer.
    block.packed ??= new Uint8Array(zstdCompressSync(content, FAST));
    block.content = undefined;
    this.#keptBytes -= content.length;
    freeChunk(content);
  }

  /** Frees their memory. There is no string any more. */
  [Symbol.dispose](): void {
    for (const { content, packed } of this.#blocks.splice(0)) {
      if (content) freeChunk(content);
      if (packed) freeChunk(packed);
    }
    this.#kept.clear();
    this.#open.end();
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

  /** The end of each string, and their bytes. */
  content(): Buffer {
    const ends = Buffer.allocUnsafe(this.count * INT_BYTES);
    for (const [at, end] of this.#ends.entries()) ends.writeUInt32LE(end, at * INT_BYTES);
    return Buffer.concat([ends, this.#bytes.subarray(0, this.#length)]);
  }

  /** Begins the next block. */
  clear(): void {
    this.first += this.count;
    this.#ends.length = 0;
    if (this.#bytes.length > BLOCK_BYTES) this.#bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Frees its memory. */
  end(): void {
    this.first = 0;
    this.#ends.length = 0;
    freeChunk(this.#bytes);
  }

  get #length(): number {
    return this.#ends.at(-1) ?? 0;
  }
}

/** @param content of an `OpenBlock` with so many strings */
function stringOf(content: Buffer, index: number, count: number): string {
  const begin = count * INT_BYTES;
  const start = index === 0 ? 0 : content.readUInt32LE((index - 1) * INT_BYTES);
  return content.toString('utf8', begin + start, begin + content.readUInt32LE(index * INT_BYTES));
}
