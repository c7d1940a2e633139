// Names of encodings, and their decoders.
//
// Names follow the WHATWG Encoding standard: latin1 is windows-1252, gb2312 is gbk. UTF-32 and other encodings that are not
// in the standard, such as DOS code pages, are supported too.

import { normalizeEncoding, TextDecoder } from '@exodus/bytes/encoding.js';
import iconv from 'iconv-lite';

/** Decodes a file in pieces. Invalid bytes become a lone surrogate, which valid text never has. */
export interface Decoder {
  write(bytes: Buffer): string;
  end(): string;
}

const UNDECODABLE = '\ud800';
const REPLACEMENT = '\ufffd';

const UTF32_NAMES: Record<string, string> = {
  utf32: 'utf-32',
  utf32le: 'utf-32le',
  utf32be: 'utf-32be',
  ucs4: 'utf-32',
  ucs4le: 'utf-32le',
  ucs4be: 'utf-32be',
};
/** iconv-lite treats these as encodings. */
const NOT_TEXT = ['base64', 'hex'];

/**
 * @param label name of an encoding, in any letter case
 * @returns its canonical name; undefined if it is unknown
 */
export function encodingOf(label: string): string | undefined {
  const plain = label.toLowerCase().replace(/[^0-9a-z]/g, '');
  // Python, Java and others omit the standard's hyphens or add some.
  const standard =
    normalizeEncoding(label) ?? normalizeEncoding(plain) ?? normalizeEncoding(hyphenated(plain));
  if (standard) return standard === 'replacement' ? undefined : standard;
  if (Object.hasOwn(UTF32_NAMES, plain)) return UTF32_NAMES[plain];
  return iconv.encodingExists(label) && !NOT_TEXT.includes(plain) ? label.toLowerCase() : undefined;
}

/** @param encoding canonical name, other than UTF-8 */
export function decoderFor(encoding: string): Decoder {
  switch (encoding) {
    case 'utf-16le':
    case 'utf-16be':
      return new WideDecoder(2, encoding === 'utf-16le', utf16Text);
    case 'utf-32le':
    case 'utf-32be':
      return new WideDecoder(4, encoding === 'utf-32le', utf32Text);
  }
  if (normalizeEncoding(encoding) === null) {
    const decoder = iconv.getDecoder(encoding, { stripBOM: false });
    return {
      write: (bytes) => markInvalid(decoder.write(bytes)),
      end: () => markInvalid(decoder.end() ?? ''),
    };
  }
  // Node's TextDecoder deviates from the standard for some bytes of Shift_JIS, EUC and Big5.
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return {
    write: (bytes) => markInvalid(decoder.decode(bytes, { stream: true })),
    end: () => markInvalid(decoder.decode()),
  };
}

/** Of these encodings only gb18030 can encode U+FFFD, where text was lost in an earlier conversion. */
function markInvalid(text: string): string {
  return text.replaceAll(REPLACEMENT, UNDECODABLE);
}

/** "windows1252" as "windows-1252", "iso885915" as "iso-8859-15". */
function hyphenated(plain: string): string {
  return plain.replace(/^(windows|koi8|euc|iso)(?=.)/, '$1-').replace(/^iso-8859/, 'iso-8859-');
}

/** Decodes units of two or four bytes, in either byte order. */
class WideDecoder implements Decoder {
  readonly #unitBytes: 2 | 4;
  readonly #littleEndian: boolean;
  readonly #textOf: (units: Buffer) => string;
  /** Bytes of an incomplete character. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(unitBytes: 2 | 4, littleEndian: boolean, textOf: (units: Buffer) => string) {
    this.#unitBytes = unitBytes;
    this.#littleEndian = littleEndian;
    this.#textOf = textOf;
  }

  write(bytes: Buffer): string {
    const all = Buffer.concat([this.#rest, bytes]);
    const length = all.length - (all.length % this.#unitBytes);
    const text = this.#textOf(this.#ordered(all.subarray(0, length)));
    const isSplit = this.#unitBytes === 2 && /[\ud800-\udbff]$/.test(text.slice(-1));
    this.#rest = all.subarray(isSplit ? length - 2 : length);
    return isSplit ? text.slice(0, -1) : text;
  }

  end(): string {
    return this.#rest.length > 0 ? UNDECODABLE : '';
  }

  #ordered(units: Buffer): Buffer {
    if (this.#littleEndian) return units;
    const copy = Buffer.from(units);
    return this.#unitBytes === 2 ? copy.swap16() : copy.swap32();
  }
}

function utf16Text(units: Buffer): string {
  return units.toString('utf16le');
}

function utf32Text(units: Buffer): string {
  let text = '';
  for (let at = 0; at < units.length; at += 4) {
    const code = units.readUInt32LE(at);
    const isCharacter = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
    text += isCharacter ? String.fromCodePoint(code) : UNDECODABLE;
  }
  return text;
}
