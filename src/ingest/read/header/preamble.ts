// What may stand before the header: byte order marks, blank lines, and the line with which Excel tells the delimiter.

import { isBlank } from '../../../db/catalogue/product-rules.ts';
import type { ByteStream } from '../byte-stream.ts';
import { skipBomsAndCtrlZ } from '../text/bom-and-ctrl-z.ts';
import { afterLineEnding } from '../text/line-endings.ts';
import { USUAL_DELIMITERS } from './delimiter.ts';
import { MAX_HEADER_BYTES } from './header.ts';

/** A line such as `sep=;`. */
export interface Separator {
  /** The delimiter's byte. */
  delimiter: number;
  /** The physical line. */
  line: number;
}

export interface Preamble {
  /** How many physical lines it has. */
  lines: number;
  separator?: Separator;
}

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const WHITE_SPACE = [0x09, 0x0b, 0x0c, 0x20];
const ASCII_END = 0x80;
/** More than that without a line end is no preamble; with both bytes of its line end. */
const LINE_BYTES = MAX_HEADER_BYTES + 2;

/** In quotes it may be, and a spreadsheet that saves it again fills the line up to the width of the table. */
const SEPARATOR_LINE = /^[\t ]*("?)sep=([\t\x20\x21\x23-\x7e])\1(?:\2|[\t ])*$/i;

/**
 * Skips what stands before the header.
 *
 * @param delimiter its byte, if the client chose it
 */
export async function skipPreamble(text: ByteStream, delimiter?: number): Promise<Preamble> {
  const delimiters = delimiter === undefined ? USUAL_DELIMITERS : [delimiter];
  const preamble: Preamble = { lines: 0 };
  for (;;) {
    const bytes = await text.peek(LINE_BYTES);
    const isEnd = bytes.length < LINE_BYTES;
    const { skipped, isHeader } = skipLines(bytes, isEnd, delimiters, preamble);
    text.skip(skipped);
    if (isHeader || isEnd || skipped === 0) return preamble;
  }
}

/** Skips whole lines of `bytes`, as far as they belong to the preamble, and counts them. */
function skipLines(
  bytes: Buffer,
  isEnd: boolean,
  delimiters: number[],
  preamble: Preamble,
): { skipped: number; isHeader: boolean } {
  let at = 0;
  while (at < bytes.length) {
    const start = skipBomsAndCtrlZ(bytes, at);
    const end = endOfBlankLine(bytes, start, delimiters) ?? endOfSeparatorLine(bytes, start, preamble);
    if (end === undefined) return { skipped: start, isHeader: true };
    // The byte behind a line end shows whether that is CR or CRLF.
    if (end >= bytes.length - 1 && !isEnd) break;
    if (end < bytes.length) preamble.lines++;
    at = Math.min(afterLineEnding(bytes, end), bytes.length);
  }
  return { skipped: at, isHeader: false };
}

/**
 * Fields that are empty or white space make a blank line, whichever delimiter stands between them.
 *
 * @returns where the line ends, if it is blank as far as it can be seen
 */
function endOfBlankLine(bytes: Buffer, start: number, delimiters: number[]): number | undefined {
  let end = start;
  let quotes = 0;
  let isAscii = true;
  for (; end < bytes.length; end++) {
    const byte = bytes[end] as number;
    if (byte === LF || byte === CR) break;
    if (byte === QUOTE) quotes++;
    else if (byte >= ASCII_END) isAscii = false;
    else if (!WHITE_SPACE.includes(byte) && !delimiters.includes(byte)) return undefined;
  }
  // A quote that is not closed on its line is the beginning of the header.
  if (quotes % 2 !== 0) return undefined;
  if (isAscii) return end;
  const wide = bytes.subarray(start, end).filter((byte) => byte >= ASCII_END);
  return isBlank(Buffer.from(wide).toString()) ? end : undefined;
}

/** Notes the delimiter. */
function endOfSeparatorLine(bytes: Buffer, start: number, preamble: Preamble): number | undefined {
  const length = bytes
    .subarray(start, start + MAX_HEADER_BYTES)
    .findIndex((byte) => byte === LF || byte === CR);
  const end = length < 0 ? bytes.length : start + length;
  const found = SEPARATOR_LINE.exec(bytes.toString('latin1', start, end))?.[2];
  if (found === undefined) return undefined;
  preamble.separator = { delimiter: found.charCodeAt(0), line: preamble.lines + 1 };
  return end;
}
