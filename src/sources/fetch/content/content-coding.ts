// Decodes what a server encoded to send a file (Content-Encoding). Compression of the file itself stays.
//
// Servers put other things there than codings, and claim gzip for plain bytes. So unknown names are ignored, and bytes
// that do not start as their coding does are taken as they are. Bytes that do start so must be complete.

import { isUtf8 } from 'node:buffer';
import { createBrotliDecompress, createInflate, createInflateRaw } from 'node:zlib';
import { LoadstoneError } from '../../../errors.ts';
import { ByteStream } from '../../../ingest/read/byte-stream.ts';
import { decompressMembers, isMemberStart } from '../../../ingest/read/format/compressed-members.ts';
import { Decompressor, type Engine } from '../../../ingest/read/format/decompressor.ts';
import type { Format } from '../../../ingest/read/format/detect-format.ts';
import { displayUrl, SourceError } from '../source-error.ts';

/** The codings for Accept-Encoding. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br, zstd';

const CODINGS = ['gzip', 'deflate', 'br', 'zstd'] as const;
type Coding = (typeof CODINGS)[number];
type CreateEngine = (options: { chunkSize: number }) => Engine;

/** Its messages are replaced by our own. */
const NOT_SHOWN: Format = 'plain';
/** No server has a reason to apply more. */
const MAX_CODINGS = 3;
/** From so many bytes, text is told apart from compression without a magic number. */
const HEAD_BYTES = 64;
const MARK_BYTES = 4;
/** No product file is shorter; compressed bytes may be. */
const LEAST_TEXT_BYTES = 16;
const FIRST_PRINTABLE = 0x20;
/** Tab, LF and CR, which text has. */
const WHITE_SPACE = [0x09, 0x0a, 0x0d];

/**
 * @param header Content-Encoding
 * @returns those that are known, in the order in which they were applied
 * @throws SourceError SOURCE_NOT_DATA
 */
export function readCodings(header: string | undefined, url: URL): Coding[] {
  const names = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim().replace(/^x-/, ''));
  const known = names.filter((name): name is Coding => (CODINGS as readonly string[]).includes(name));
  if (known.length <= MAX_CODINGS) return known;
  throw new SourceError(
    'SOURCE_NOT_DATA',
    `${displayUrl(url)} says that it is compressed ${known.length} times (Content-Encoding). Have that server send it uncompressed, or compressed once.`,
  );
}

/** @throws SourceError SOURCE_NOT_DATA if the bytes are not what the coding says; what reading `bytes` throws */
export function decode(bytes: AsyncIterable<Buffer>, codings: Coding[], url: URL): AsyncIterable<Buffer> {
  return codings.reduceRight((coded, coding) => undo(coded, coding, url), bytes);
}

async function* undo(
  coded: AsyncIterable<Buffer>,
  coding: Coding,
  url: URL,
): AsyncGenerator<Buffer, void, undefined> {
  await using bytes = new ByteStream(coded);
  try {
    if (coding === 'gzip' || coding === 'zstd') {
      const isCoded = isMemberStart(coding, await bytes.peek(MARK_BYTES));
      return yield* isCoded ? decompressMembers(bytes, coding, () => {}) : bytes;
    }
    const head = await bytes.peek(HEAD_BYTES);
    if (isText(head)) return yield* bytes;
    const createEngine = coding === 'br' ? brotliEngine : inflateEngine(head);
    yield* unpackAll(bytes, createEngine, () => damaged(coding, url));
  } catch (error) {
    throw error instanceof LoadstoneError && error.code === 'CORRUPT_ARCHIVE' ? damaged(coding, url) : error;
  }
}

async function* unpackAll(
  bytes: ByteStream,
  createEngine: CreateEngine,
  surplus: () => Error,
): AsyncGenerator<Buffer, void, undefined> {
  const decompressor = new Decompressor(NOT_SHOWN, createEngine);
  try {
    for await (const chunk of bytes) {
      const used: number = yield* decompressor.write(chunk);
      // An engine stops at the end of its stream, and ignores the rest.
      if (used < chunk.length) throw surplus();
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

/** Among 64 compressed bytes, some would not be text. */
function isText(head: Buffer): boolean {
  if (head.length < LEAST_TEXT_BYTES) return head.length === 0;
  // A character may be cut at the end.
  const isWhole = [0, 1, 2, 3].some(
    (cut) => cut <= head.length && isUtf8(head.subarray(0, head.length - cut)),
  );
  return isWhole && head.every((byte) => byte >= FIRST_PRINTABLE || WHITE_SPACE.includes(byte));
}

function brotliEngine(options: { chunkSize: number }): Engine {
  return createBrotliDecompress(options);
}

/** Some servers send raw deflate, without the zlib wrapper that it should have. */
function inflateEngine(head: Buffer): CreateEngine {
  const [first = 0, second = 0] = head;
  const isWrapped = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
  return (options) => (isWrapped ? createInflate(options) : createInflateRaw(options));
}

function damaged(coding: Coding, url: URL): SourceError {
  return new SourceError(
    'SOURCE_NOT_DATA',
    `${displayUrl(url)} is sent as ${coding}, but is damaged or truncated. Correct that server, or have it send the file uncompressed.`,
  );
}
