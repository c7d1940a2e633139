// Packed files of several members, one behind the other: gzip has members, zstd has frames.
//
// Each member is read to its very end and no further, so that it is known what stands behind it: another member, one
// that was cut off, or bytes that tools have left there, which gzip passes over too.

import { crc32, createInflateRaw, createZstdDecompress } from 'node:zlib';
import type { ByteStream } from '../byte-stream.ts';
import { corruptArchive, Decompressor, type Engine } from './decompressor.ts';

export type MemberFormat = 'gzip' | 'zstd';

type Member = (stream: ByteStream) => AsyncGenerator<Buffer, void, undefined>;

interface Kind {
  /** The first bytes of a member. */
  magic: Buffer;
  /** Bytes from the start of a member that tell it from anything else. */
  begins: (head: Buffer) => boolean;
  unpack: Member;
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const DEFLATE_METHOD = 8;
const GZIP_FIXED_BYTES = 10;
const GZIP_TRAILER_BYTES = 8;
/** Of the header of a gzip member, with the name and comment that it may have. */
const MAX_GZIP_HEADER_BYTES = 256 * 1024;
const HAS_CHECKSUM = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;
const RESERVED = 0xe0;

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const SKIPPABLE_MAGIC_REST = Buffer.from([0x2a, 0x4d, 0x18]);
const SKIPPABLE_HEADER_BYTES = 8;
const ZSTD_HEADER_BYTES = 18;
const BLOCK_HEADER_BYTES = 3;
const RUN_OF_ONE_BYTE = 1;
const ZSTD_CHECKSUM_BYTES = 4;

const KINDS: Record<MemberFormat, Kind> = {
  gzip: { magic: GZIP_MAGIC, begins: (head) => startsWith(head, GZIP_MAGIC), unpack: unpackGzipMember },
  zstd: {
    magic: ZSTD_MAGIC,
    begins: (head) => startsWith(head, ZSTD_MAGIC) || isSkippable(head),
    unpack: unpackZstdFrame,
  },
};

/** Of the head of a member that is looked at. */
const HEAD_BYTES = 4;
/** What is taken for the beginning of a gzip member in the middle of something else: two bytes may be there by chance. */
const HIDDEN_GZIP_MEMBER = Buffer.from([...GZIP_MAGIC, DEFLATE_METHOD]);

/** @param head the first four bytes, or all that there are: the beginning of a member that was cut off counts too */
export function isMemberStart(format: MemberFormat, head: Buffer): boolean {
  return head.length > 0 && KINDS[format].begins(head.subarray(0, HEAD_BYTES));
}

/**
 * Unpacks all members of what begins with one.
 *
 * @param onSkipped told how many bytes between and behind them are no part of any; zeros, with which archivers fill
 *   their files, do not count
 * @throws LoadstoneError CORRUPT_ARCHIVE
 */
export async function* decompressMembers(
  stream: ByteStream,
  format: MemberFormat,
  onSkipped: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const { unpack } = KINDS[format];
  let skippedBytes = 0;
  do {
    yield* unpack(stream);
    skippedBytes += await skipPadding(stream);
  } while (isMemberStart(format, await stream.peek(HEAD_BYTES)));
  skippedBytes += await skipTrailing(stream, format);
  if (skippedBytes > 0) onSkipped(skippedBytes);
}

/** @returns how many bytes of white space there were; zeros are passed over in silence */
async function skipPadding(stream: ByteStream): Promise<number> {
  let whiteSpace = 0;
  for (;;) {
    const head = await stream.peek(1);
    let at = 0;
    for (; at < head.length && isPadding(head[at]); at++) if (head[at] !== 0) whiteSpace++;
    stream.skip(at);
    if (at === 0 || at < head.length) return whiteSpace;
  }
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === 0x09;
}

/** Reads what stands behind the last member. Rows may not get lost there: another member in it is an error. */
async function skipTrailing(stream: ByteStream, format: MemberFormat): Promise<number> {
  const magic = format === 'gzip' ? HIDDEN_GZIP_MEMBER : KINDS[format].magic;
  let bytes = 0;
  let before: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes += chunk.length;
    const seam = Buffer.concat([before, chunk.subarray(0, magic.length)]);
    if (chunk.includes(magic) || seam.includes(magic)) {
      throw corruptArchive(format, new Error('something else stands between its parts'));
    }
    before = Buffer.concat([before, chunk.subarray(-magic.length)]).subarray(1 - magic.length);
  }
  return bytes;
}

async function* unpackGzipMember(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  stream.skip(await gzipHeaderLength(stream));
  let checksum = 0;
  let size = 0;
  for await (const chunk of unpackOne(stream, 'gzip', (options) => createInflateRaw(options))) {
    checksum = crc32(chunk, checksum);
    size = (size + chunk.length) >>> 0;
    yield chunk;
  }
  const trailer = await need(stream, GZIP_TRAILER_BYTES);
  if (trailer.readUInt32LE(0) !== checksum) throw corruptArchive('gzip', new Error('incorrect data check'));
  if (trailer.readUInt32LE(4) !== size) throw corruptArchive('gzip', new Error('incorrect length check'));
  stream.skip(GZIP_TRAILER_BYTES);
}

async function gzipHeaderLength(stream: ByteStream): Promise<number> {
  const fixed = await need(stream, GZIP_FIXED_BYTES);
  const flags = fixed.readUInt8(3);
  if (fixed.readUInt8(2) !== DEFLATE_METHOD || (flags & RESERVED) !== 0) {
    throw corruptArchive('gzip', new Error('incorrect header'));
  }
  let length = GZIP_FIXED_BYTES;
  if (flags & HAS_EXTRA) length += 2 + (await need(stream, length + 2)).readUInt16LE(length);
  for (const text of [HAS_NAME, HAS_COMMENT]) if (flags & text) length = await endOfText(stream, length);
  if (flags & HAS_CHECKSUM) length += 2;
  await need(stream, length);
  return length;
}

/** @returns where a text that begins at `start` and ends with a zero is over */
async function endOfText(stream: ByteStream, start: number): Promise<number> {
  for (let from = start; from < MAX_GZIP_HEADER_BYTES; ) {
    const head = await need(stream, from + 1);
    const end = head.indexOf(0, from);
    if (end >= 0) return end + 1;
    from = head.length;
  }
  throw corruptArchive('gzip', new Error('incorrect header'));
}

async function* unpackZstdFrame(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  const head = await stream.peek(SKIPPABLE_HEADER_BYTES);
  if (isSkippable(head)) {
    const size = (await need(stream, SKIPPABLE_HEADER_BYTES, 'zstd')).readUInt32LE(4);
    stream.skip(SKIPPABLE_HEADER_BYTES);
    let skipped = 0;
    for await (const chunk of take(stream, size)) skipped += chunk.length;
    if (skipped < size) throw truncated('zstd');
    return;
  }
  const decompressor = new Decompressor('zstd', (options) => createZstdDecompress(options));
  try {
    for await (const chunk of zstdFrameBytes(stream)) {
      const used: number = yield* decompressor.write(chunk);
      if (used < chunk.length) throw corruptArchive('zstd', new Error('a frame ends early'));
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

/** The bytes of one frame, as far as there are any. What is wrong with them is for the library to find. */
async function* zstdFrameBytes(stream: ByteStream): AsyncGenerator<Buffer, void, undefined> {
  const descriptor = (await stream.peek(ZSTD_HEADER_BYTES))[4] ?? 0;
  const isOneSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  const sizeBytes = [isOneSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let length = 5 + (isOneSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast; length = 0) {
    const head = await stream.peek(length + BLOCK_HEADER_BYTES);
    if (head.length < length + BLOCK_HEADER_BYTES) return yield* stream;
    // As many blocks as can be seen at once: some servers end one with each row.
    while (!isLast && length + BLOCK_HEADER_BYTES <= head.length) {
      const block = head.readUIntLE(length, BLOCK_HEADER_BYTES);
      isLast = (block & 1) !== 0;
      length += BLOCK_HEADER_BYTES + (((block >> 1) & 3) === RUN_OF_ONE_BYTE ? 1 : block >>> 3);
    }
    yield* take(stream, length);
  }
  if (descriptor & 0x04) yield* take(stream, ZSTD_CHECKSUM_BYTES);
}

/** Unpacks up to the end of the packed data, wherever that is. */
async function* unpackOne(
  stream: ByteStream,
  format: MemberFormat,
  createEngine: (options: { chunkSize: number }) => Engine,
): AsyncGenerator<Buffer, void, undefined> {
  const decompressor = new Decompressor(format, createEngine);
  try {
    for (;;) {
      const chunk = await stream.read();
      if (!chunk) break;
      const used: number = yield* decompressor.write(chunk);
      if (used < chunk.length) return stream.unread(chunk.subarray(used));
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

async function* take(stream: ByteStream, length: number): AsyncGenerator<Buffer, void, undefined> {
  for (let left = length; left > 0; ) {
    const chunk = await stream.read();
    if (!chunk) return;
    if (chunk.length > left) stream.unread(chunk.subarray(left));
    yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** @throws LoadstoneError CORRUPT_ARCHIVE if fewer bytes are left */
async function need(stream: ByteStream, length: number, format: MemberFormat = 'gzip'): Promise<Buffer> {
  const head = await stream.peek(length);
  if (head.length < length) throw truncated(format);
  return head;
}

function startsWith(head: Buffer, magic: Buffer): boolean {
  const length = Math.min(head.length, magic.length);
  return head.subarray(0, length).equals(magic.subarray(0, length));
}

/** Frames that parallel tools put in, to be skipped; their magic number has 16 forms. */
function isSkippable(head: Buffer): boolean {
  return ((head[0] ?? 0) & 0xf0) === 0x50 && startsWith(head.subarray(1, HEAD_BYTES), SKIPPABLE_MAGIC_REST);
}

function truncated(format: MemberFormat): Error {
  return corruptArchive(format, new Error('unexpected end of file'));
}
