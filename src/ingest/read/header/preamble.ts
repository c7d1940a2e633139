// What may precede the header: byte order marks, blank lines, and the `sep=` line in which Excel declares the delimiter.

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
  /** Its physical line. */
  line: number;
}

export interface Preamble {
  /** Number of physical lines. */
  lines: number;
  separator?: Separator;
}

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const WHITE_SPACE = [0x09, 0x0b, 0x0c, 0x20];
const ASCII_END = 0x80;
/** A longer line is not part of the preamble. Includes two bytes of line ending. */
const LINE_BYTES = MAX_HEADER_BYTES + 2;

/** It may be quoted, and spreadsheets that save it again append delimiters up to the width of the table. */
const SEPARATOR_LINE = /^[\t ]*("?)sep=([\t\x20\x21\x23-\x7e])\1(?:\2|[\t ])*$/i;

/** @param delimiter the byte that the client chose, if any */
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

/** Skips and counts the lines of `bytes` that belong to the preamble. */
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
    // The byte after a CR decides between CR and CRLF.
    if (end >= bytes.length - 1 && !isEnd) break;
    if (end < bytes.length) preamble.lines++;
    at = Math.min(afterLineEnding(bytes, end), bytes.length);
  }
  return { skipped: at, isHeader: false };
}

/**
 * A line is blank if its fields are empty or white space, with any delimiter between them.
 *
 * @returns the end of the line if the visible part of it is blank
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
  // A quote that is not closed on its line belongs to the header.
  if (quotes % 2 !== 0) return undefined;
  if (isAscii) return end;
  const wide = bytes.subarray(start, end).filter((byte) => byte >= ASCII_END);
  return isBlank(Buffer.from(wide).toString()) ? end : undefined;
}

/** Records the delimiter in the preamble. */
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
