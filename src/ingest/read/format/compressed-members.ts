// Decompresses files of several members in sequence: gzip calls them members, zstd frames.
//
// Each member is read exactly to its end, so that what follows it can be identified: another member, a truncated one, or
// bytes that a tool has appended, which gzip ignores too.

import type { ByteStream } from '../byte-stream.ts';
import { corruptArchive } from './decompressor.ts';
import { DEFLATE_METHOD, decompressGzipMember, GZIP_MAGIC } from './gzip-member.ts';
import { decompressZstdFrame, isSkippableFrame, ZSTD_MAGIC } from './zstd-frame.ts';

export type MemberFormat = 'gzip' | 'zstd';

interface Kind {
  isStart: (head: Buffer) => boolean;
  decompress: (stream: ByteStream) => AsyncGenerator<Buffer, void, undefined>;
  /** Identifies a member amid other bytes. For gzip three bytes, as two may occur by chance. */
  hiddenMagic: Buffer;
}

const KINDS: Record<MemberFormat, Kind> = {
  gzip: {
    isStart: (head) => startsWith(head, GZIP_MAGIC),
    decompress: decompressGzipMember,
    hiddenMagic: Buffer.from([...GZIP_MAGIC, DEFLATE_METHOD]),
  },
  zstd: {
    isStart: (head) => startsWith(head, ZSTD_MAGIC) || isSkippableFrame(head),
    decompress: decompressZstdFrame,
    hiddenMagic: ZSTD_MAGIC,
  },
};

const HEAD_BYTES = 4;

/** @param head the first four bytes, or fewer at the end of the file; a truncated magic number counts too */
export function isMemberStart(format: MemberFormat, head: Buffer): boolean {
  return head.length > 0 && KINDS[format].isStart(head.subarray(0, HEAD_BYTES));
}

/**
 * @param stream starts with a member
 * @param onSkipped called with the number of bytes between and after the members that belong to none; zeros, with which
 *   archivers pad their files, do not count
 * @throws LoadstoneError CORRUPT_ARCHIVE
 */
export async function* decompressMembers(
  stream: ByteStream,
  format: MemberFormat,
  onSkipped: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let skipped = 0;
  do {
    yield* KINDS[format].decompress(stream);
    skipped += await skipPadding(stream);
  } while (isMemberStart(format, await stream.peek(HEAD_BYTES)));
  skipped += await skipRest(stream, format);
  if (skipped > 0) onSkipped(skipped);
}

/** @returns the number of bytes of white space; zeros do not count */
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

/** Skips what follows the last member. Another member in it is an error, as its rows would be lost. */
async function skipRest(stream: ByteStream, format: MemberFormat): Promise<number> {
  const magic = KINDS[format].hiddenMagic;
  let bytes = 0;
  let before: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes += chunk.length;
    const seam = Buffer.concat([before, chunk.subarray(0, magic.length)]);
    if (chunk.includes(magic) || seam.includes(magic)) {
      throw corruptArchive(format, new Error('there is other data between its parts'));
    }
    before = Buffer.concat([before, chunk.subarray(-magic.length)]).subarray(1 - magic.length);
  }
  return bytes;
}

/** Also if the head is shorter than the magic number. */
function startsWith(head: Buffer, magic: Buffer): boolean {
  const length = Math.min(head.length, magic.length);
  return head.subarray(0, length).equals(magic.subarray(0, length));
}
