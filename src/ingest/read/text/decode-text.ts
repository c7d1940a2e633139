// Converts a CSV file from any encoding to UTF-8. UTF-8 is passed through unchecked; invalid bytes later reject the row that
// has them. Invalid bytes in other encodings become a byte that is invalid in UTF-8, so they reject their row too.

import { LoadstoneError } from '../../../errors.ts';
import type { ByteStream } from '../byte-stream.ts';
import { decoderFor, encodingOf } from './encodings.ts';

/** Those of four bytes first, as that of UTF-32 LE starts with that of UTF-16 LE. */
const BOMS = [
  { encoding: 'utf-32le', bytes: Buffer.from([0xff, 0xfe, 0x00, 0x00]) },
  { encoding: 'utf-32be', bytes: Buffer.from([0x00, 0x00, 0xfe, 0xff]) },
  { encoding: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
];
const BOM_BYTES = 4;

/** Never valid in UTF-8. */
const UNDECODABLE = Buffer.from([0xff]);
const EXAMPLES =
  'utf-8, utf-16le, utf-16be, windows-1252, iso-8859-15, windows-1251, macintosh, shift_jis, gb18030, big5, euc-kr';

/** Decode in small pieces to keep strings small. */
const PIECE_BYTES = 64 * 1024;

/** The encoding of a file. */
export interface FileEncoding {
  /** Standard name, in lower case. */
  name: string;
  /** Whether it is given by a byte order mark. */
  isMarked: boolean;
}

export interface DecodedText {
  encoding: FileEncoding;
  /** UTF-8. Chunks end at character boundaries, except if the file is UTF-8 itself or has invalid bytes. */
  text: AsyncIterable<Buffer>;
}

/** @param label name of an encoding, as known to WHATWG or iconv, in any letter case */
export function isKnownEncoding(label: string): boolean {
  return encodingOf(label) !== undefined;
}

/**
 * A byte order mark at the start overrides the label, and is removed.
 *
 * @param label the encoding that the client named, if any
 * @throws LoadstoneError BAD_USER_INPUT for an unknown label
 */
export async function decodeText(bytes: ByteStream, label: string | undefined): Promise<DecodedText> {
  const named = encodingOf(label ?? 'utf-8');
  if (named === undefined) throw unknownEncoding(label ?? '');
  const head = await bytes.peek(BOM_BYTES);
  const bom = BOMS.find((mark) => head.subarray(0, mark.bytes.length).equals(mark.bytes));
  if (bom) bytes.skip(bom.bytes.length);
  const name = bom?.encoding ?? (named === 'utf-32' ? detectByteOrder(head) : named);
  const encoding = { name, isMarked: bom !== undefined };
  return { encoding, text: name === 'utf-8' ? bytes : transcode(bytes, name) };
}

/** For UTF-32 without a stated byte order: in big-endian order, the first byte is always 0. */
function detectByteOrder(head: Buffer): string {
  return head[0] === 0 ? 'utf-32be' : 'utf-32le';
}

async function* transcode(
  bytes: AsyncIterable<Buffer>,
  encoding: string,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = decoderFor(encoding);
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const text = decoder.write(chunk.subarray(at, at + PIECE_BYTES));
      if (text.length > 0) yield toUtf8(text);
    }
  }
  const text = decoder.end();
  if (text.length > 0) yield toUtf8(text);
}

function toUtf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/\p{Cs}/u).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [UNDECODABLE, part])));
}

function unknownEncoding(label: string): LoadstoneError {
  const message = `There is no encoding "${label.slice(0, 40)}". Use one such as ${EXAMPLES}; omit it for UTF-8, and for UTF-16 and UTF-32 with a byte order mark.`;
  return new LoadstoneError('BAD_USER_INPUT', message);
}
