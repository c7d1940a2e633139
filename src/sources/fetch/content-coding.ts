// Undoes what a server did to a file to send it (Content-Encoding). What the file itself is packed with stays.
//
// Servers say many things there that are no coding, and say gzip of bytes that are plain. So a name that is not known
// means nothing, and bytes that do not begin as their coding does are taken as they are. What did begin so has to have
// its end.

import { isUtf8 } from 'node:buffer';
import { createBrotliDecompress, createInflate, createInflateRaw } from 'node:zlib';
import { LoadstoneError } from '../../errors.ts';
import { ByteStream } from '../../ingest/read/byte-stream.ts';
import { decompressMembers, isMemberStart } from '../../ingest/read/format/compressed-members.ts';
import { Decompressor, type Engine } from '../../ingest/read/format/decompressor.ts';
import type { Format } from '../../ingest/read/format/detect-format.ts';
import { SourceError, shown } from './source-error.ts';

/** What a server may choose from. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br, zstd';

const CODINGS = ['gzip', 'deflate', 'br', 'zstd'] as const;
type Coding = (typeof CODINGS)[number];
type CreateEngine = (options: { chunkSize: number }) => Engine;

/** For messages that are replaced by our own. */
const NOT_SHOWN: Format = 'plain';
/** Nobody packs a file more often in earnest. */
const MAX_CODINGS = 3;
/** Bytes from the start that tell text from what is packed without a mark of its own. */
const HEAD_BYTES = 64;
const MARK_BYTES = 4;
/** No file of products is as short; what is packed may be. */
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
    `${shown(url)} says that it is packed ${known.length} times to be sent (Content-Encoding). Have that server send it as it is, or packed once.`,
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
      // An engine stops behind the end of what it understands, and says nothing of the rest.
      if (used < chunk.length) throw surplus();
    }
    yield* decompressor.end();
  } finally {
    decompressor.close();
  }
}

/** Of 64 bytes that are packed some would be none of text. */
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

/** Some servers take "deflate" for the bare format, without the wrapping that it should have. */
function inflateEngine(head: Buffer): CreateEngine {
  const [first = 0, second = 0] = head;
  const isWrapped = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
  return (options) => (isWrapped ? createInflate(options) : createInflateRaw(options));
}

function damaged(coding: Coding, url: URL): SourceError {
  return new SourceError(
    'SOURCE_NOT_DATA',
    `${shown(url)} is sent as ${coding}, but it is damaged, or cut off. Correct that server, or have it send the file as it is.`,
  );
}
