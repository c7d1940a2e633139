// From the bytes of a CSV file to UTF-8, whatever its encoding. UTF-8 itself passes as it is: bytes that are not
// UTF-8 are a matter of the row that has them. Bytes of other encodings that mean nothing become one that UTF-8
// does not have, and so reject their row as well.

import { LoadstoneError } from '../../../errors.ts';
import type { ByteStream } from '../byte-stream.ts';
import { decoderFor, encodingOf } from './encodings.ts';

/** Those of four bytes first: UTF-32 LE begins as UTF-16 LE does. */
const BOMS = [
  { encoding: 'utf-32le', bytes: Buffer.from([0xff, 0xfe, 0x00, 0x00]) },
  { encoding: 'utf-32be', bytes: Buffer.from([0x00, 0x00, 0xfe, 0xff]) },
  { encoding: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
];
const BOM_BYTES = 4;

/** A byte that no UTF-8 has. */
const UNDECODABLE = Buffer.from([0xff]);
const EXAMPLES =
  'utf-8, utf-16le, utf-16be, windows-1252, iso-8859-15, windows-1251, macintosh, shift_jis, gb18030, big5, euc-kr';

/** Decoded at once, so that the strings stay small. */
const PIECE_BYTES = 64 * 1024;

/** The encoding that a file is read in. */
export interface FileEncoding {
  /** As the standard has it, in small letters. */
  name: string;
  /** Whether a byte order mark tells it, rather than whoever sent the file. */
  isMarked: boolean;
}

export interface DecodedText {
  encoding: FileEncoding;
  /** UTF-8, in chunks of whole characters as far as the file has them. */
  text: AsyncIterable<Buffer>;
}

/** @param label a name of an encoding, as the WHATWG or iconv has it, in any letter case */
export function isKnownEncoding(label: string): boolean {
  return encodingOf(label) !== undefined;
}

/**
 * A byte order mark at the start says more than the label, and is removed.
 *
 * @param label the encoding the client named, if it did
 * @throws LoadstoneError BAD_USER_INPUT for a label that is not known
 */
export async function decodeText(bytes: ByteStream, label: string | undefined): Promise<DecodedText> {
  const named = encodingOf(label ?? 'utf-8');
  if (named === undefined) throw unknownEncoding(label ?? '');
  const head = await bytes.peek(BOM_BYTES);
  const bom = BOMS.find((mark) => head.subarray(0, mark.bytes.length).equals(mark.bytes));
  if (bom) bytes.skip(bom.bytes.length);
  const name = bom?.encoding ?? (named === 'utf-32' ? orderOf(head) : named);
  const encoding = { name, isMarked: bom !== undefined };
  return { encoding, text: name === 'utf-8' ? bytes : transcode(bytes, name) };
}

/** Of UTF-32 that states no order: no character has a first byte other than 0 in big-endian order. */
function orderOf(head: Buffer): string {
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
  const message = `There is no encoding "${label.slice(0, 40)}". Use one such as ${EXAMPLES}; leave it out for UTF-8, or UTF-16 or UTF-32 with a byte order mark.`;
  return new LoadstoneError('BAD_USER_INPUT', message);
}
