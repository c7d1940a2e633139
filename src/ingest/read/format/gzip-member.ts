// One member of a gzip file, as in RFC 1952.

import { crc32, createInflateRaw } from 'node:zlib';
import { freeChunk } from '../../../memory/free-chunk.ts';
import type { ByteStream } from '../byte-stream.ts';
import { corruptArchive, Decompressor, truncatedArchive } from './decompressor.ts';

export const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
export const DEFLATE_METHOD = 8;

const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** The header may contain a file name and a comment. */
const MAX_HEADER_BYTES = 256 * 1024;
const HAS_CHECKSUM = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;
const RESERVED = 0xe0;

/** @throws LoadstoneError CORRUPT_ARCHIVE */
export async function* decompressGzipMember(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  stream.skip(await headerLength(stream));
  let checksum = 0;
  let size = 0;
  for await (const chunk of inflate(stream)) {
    checksum = crc32(chunk, checksum);
    size = (size + chunk.length) >>> 0;
    yield chunk;
  }
  const trailer = await peekExactly(stream, TRAILER_BYTES);
  if (trailer.readUInt32LE(0) !== checksum) throw corruptArchive('gzip', new Error('incorrect data check'));
  if (trailer.readUInt32LE(4) !== size) throw corruptArchive('gzip', new Error('incorrect length check'));
  stream.skip(TRAILER_BYTES);
}

async function headerLength(stream: ByteStream): Promise<number> {
  const fixed = await peekExactly(stream, FIXED_HEADER_BYTES);
  const flags = fixed.readUInt8(3);
  if (fixed.readUInt8(2) !== DEFLATE_METHOD || (flags & RESERVED) !== 0) {
    throw corruptArchive('gzip', new Error('incorrect header'));
  }
  let length = FIXED_HEADER_BYTES;
  if (flags & HAS_EXTRA) length += 2 + (await peekExactly(stream, length + 2)).readUInt16LE(length);
  for (const text of [HAS_NAME, HAS_COMMENT]) if (flags & text) length = await endOfText(stream, length);
  if (flags & HAS_CHECKSUM) length += 2;
  await peekExactly(stream, length);
  return length;
}

/** @returns the end of a zero-terminated text that starts at `start` */
async function endOfText(stream: ByteStream, start: number): Promise<number> {
  for (let from = start; from < MAX_HEADER_BYTES; ) {
    const head = await peekExactly(stream, from + 1);
    const end = head.indexOf(0, from);
    if (end >= 0) return end + 1;
    from = head.length;
  }
  throw corruptArchive('gzip', new Error('incorrect header'));
}

/** Reads the stream exactly to the end of the compressed data. */
async function* inflate(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  const decompressor = new Decompressor('gzip', (options) => createInflateRaw(options));
  try {
    for (;;) {
      const chunk = await stream.read();
      if (!chunk) break;
      const used: number = yield* decompressor.write(chunk);
      if (used < chunk.length) return stream.unread(chunk.subarray(used));
      freeChunk(chunk);
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

async function peekExactly(stream: ByteStream, length: number): Promise<Buffer> {
  const head = await stream.peek(length);
  if (head.length < length) throw truncatedArchive('gzip');
  return head;
}
