// From the bytes of a CSV file to UTF-8, whatever its encoding. UTF-8 itself passes as it is: bytes that are not
// UTF-8 are a matter of the row that has them.

import iconv from 'iconv-lite';
import { LoadstoneError } from '../errors.ts';
import type { ByteStream } from './byte-stream.ts';

const BOMS = [
  { encoding: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
];
const BOM_BYTES = 3;

const UTF8_LABELS = ['utf8', 'unicode11utf8'];
const UTF16_LABELS = ['utf16', 'utf16le', 'utf16be', 'ucs2'];
/** iconv-lite counts these as encodings of text; they are not. */
const NOT_TEXT_LABELS = ['base64', 'hex'];
const EXAMPLES =
  'utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1, windows-1251, macintosh, shift_jis, gb18030, big5, euc-kr';

/** Decoded at once, so that the place of a fault can be told. */
const PIECE_BYTES = 64 * 1024;
const REPLACEMENT = '\ufffd';

/** @param label a name of an encoding, as the WHATWG or iconv has it, in any letter case */
export function isKnownEncoding(label: string): boolean {
  return iconv.encodingExists(label) && !NOT_TEXT_LABELS.includes(plainLabel(label));
}

/**
 * A byte order mark at the start says more than the label, and is removed.
 *
 * @param label the encoding the client named, if it did
 * @returns the text in UTF-8, in chunks of whole characters (as far as the file has them)
 * @throws LoadstoneError BAD_USER_INPUT for a label that is not known, INVALID_ENCODING for bytes that do not decode
 */
export async function* decodeText(
  bytes: ByteStream,
  label: string | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  if (label !== undefined && !isKnownEncoding(label)) throw unknownEncoding(label);
  const head = await bytes.peek(BOM_BYTES);
  const bom = BOMS.find((mark) => head.subarray(0, mark.bytes.length).equals(mark.bytes));
  if (bom) bytes.skip(bom.bytes.length);
  const encoding = bom?.encoding ?? label ?? 'utf-8';
  if (UTF8_LABELS.includes(plainLabel(encoding))) yield* bytes;
  else yield* transcode(bytes, encoding, bom?.bytes.length ?? 0);
}

/** @param offset where in the file the bytes begin */
async function* transcode(
  bytes: AsyncIterable<Buffer>,
  encoding: string,
  offset: number,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = strictDecoder(encoding, offset);
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const text = decoder.write(chunk.subarray(at, at + PIECE_BYTES));
      if (text.length > 0) yield Buffer.from(text);
    }
  }
  const text = decoder.end();
  if (text.length > 0) yield Buffer.from(text);
}

/** A decoder that refuses what iconv-lite would replace, and never splits a surrogate pair. */
function strictDecoder(encoding: string, offset: number) {
  const isUtf16 = UTF16_LABELS.includes(plainLabel(encoding));
  // The WHATWG's meaning; iconv-lite would guess.
  const decoder = iconv.getDecoder(plainLabel(encoding) === 'utf16' ? 'utf-16le' : encoding, {
    stripBOM: false,
  });
  let position = offset;
  let held = '';

  function check(text: string, length: number): string {
    // U+FFFD is a character of UTF-16 like any other; elsewhere it stands for bytes that mean nothing.
    const fault = !text.isWellFormed() ? text.search(/\p{Cs}/u) : isUtf16 ? -1 : text.indexOf(REPLACEMENT);
    if (fault >= 0) throw undecodable(encoding, position + Math.floor((fault / text.length) * length));
    position += length;
    return text;
  }

  return {
    write(piece: Buffer): string {
      const text = held + decoder.write(piece);
      held = endsWithHighSurrogate(text) ? text.slice(-1) : '';
      return check(text.slice(0, text.length - held.length), piece.length);
    },
    end(): string {
      const text = check(held + (decoder.end() ?? ''), 0);
      if (isUtf16 && (position - offset) % 2 !== 0) throw undecodable(encoding, position - 1);
      return text;
    },
  };
}

function endsWithHighSurrogate(text: string): boolean {
  return /[\ud800-\udbff]$/.test(text.slice(-1));
}

/** As iconv-lite compares labels. */
function plainLabel(label: string): string {
  return label.toLowerCase().replace(/:\d{4}$|[^0-9a-z]/g, '');
}

function unknownEncoding(label: string): LoadstoneError {
  const message = `There is no encoding "${label.slice(0, 40)}". Use one such as ${EXAMPLES}; leave it out for UTF-8, or UTF-16 with a byte order mark.`;
  return new LoadstoneError('BAD_USER_INPUT', message);
}

function undecodable(encoding: string, offset: number): LoadstoneError {
  const message = `The file is not valid ${encoding}: near byte ${offset} is something that it cannot hold. Name the file's encoding with the option encoding, or save it as UTF-8.`;
  return new LoadstoneError('INVALID_ENCODING', message);
}
