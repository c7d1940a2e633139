// One frame of a zstd file, as in RFC 8878.

import { createZstdDecompress } from 'node:zlib';
import { freeChunk } from '../../../memory/free-chunk.ts';
import type { ByteStream } from '../byte-stream.ts';
import { corruptArchive, Decompressor, truncatedArchive } from './decompressor.ts';

export const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Parallel compressors insert frames to be skipped. Their magic number has 16 forms, which differ in the first byte. */
const SKIPPABLE_MAGIC_REST = Buffer.from([0x2a, 0x4d, 0x18]);
const SKIPPABLE_HEADER_BYTES = 8;
const MAX_HEADER_BYTES = 18;
const BLOCK_HEADER_BYTES = 3;
/** A block of this type has one byte of content, which is repeated. */
const RLE_BLOCK = 1;
const CHECKSUM_BYTES = 4;

/** @param head the first bytes of a frame; a truncated magic number counts too */
export function isSkippableFrame(head: Buffer): boolean {
  const rest = head.subarray(1, 1 + SKIPPABLE_MAGIC_REST.length);
  return ((head[0] ?? 0) & 0xf0) === 0x50 && SKIPPABLE_MAGIC_REST.subarray(0, rest.length).equals(rest);
}

/** @throws LoadstoneError CORRUPT_ARCHIVE */
export async function* decompressZstdFrame(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  if (isSkippableFrame(await stream.peek(SKIPPABLE_HEADER_BYTES))) return skipFrame(stream);
  const decompressor = new Decompressor('zstd', (options) => createZstdDecompress(options));
  try {
    for await (const chunk of frameBytes(stream)) {
      const used: number = yield* decompressor.write(chunk);
      if (used < chunk.length) throw corruptArchive('zstd', new Error('a frame ends early'));
      freeChunk(chunk);
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

async function skipFrame(stream: ByteStream): Promise<void> {
  const header = await stream.peek(SKIPPABLE_HEADER_BYTES);
  if (header.length < SKIPPABLE_HEADER_BYTES) throw truncatedArchive('zstd');
  const size = header.readUInt32LE(4);
  stream.skip(SKIPPABLE_HEADER_BYTES);
  let skipped = 0;
  for await (const chunk of stream.take(size)) skipped += chunk.length;
  if (skipped < size) throw truncatedArchive('zstd');
}

/** Yields the bytes of one frame, fewer if it is truncated. Invalid content is left to the decompressor. */
async function* frameBytes(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  const descriptor = (await stream.peek(MAX_HEADER_BYTES))[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let length = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast; length = 0) {
    const head = await stream.peek(length + BLOCK_HEADER_BYTES);
    if (head.length < length + BLOCK_HEADER_BYTES) return yield* stream;
    // Handle all visible blocks at once, as some servers make one for each row.
    while (!isLast && length + BLOCK_HEADER_BYTES <= head.length) {
      const block = head.readUIntLE(length, BLOCK_HEADER_BYTES);
      isLast = (block & 1) !== 0;
      length += BLOCK_HEADER_BYTES + (((block >> 1) & 3) === RLE_BLOCK ? 1 : block >>> 3);
    }
    yield* stream.take(length);
  }
  if (descriptor & 0x04) yield* stream.take(CHECKSUM_BYTES);
}
