// Codes line breaks inside the cells of a sheet, so that as CSV each row of it is one line, with the number of the row.
//
// The codes are noncharacters of Unicode, which no text should have. One that has them all the same gets an escape before each.

const LINE_FEED = '\ufdd0';
const CARRIAGE_RETURN = '\ufdd1';
const ESCAPE = '\ufdd2';

const CODED = /[\n\r\ufdd0-\ufdd2]/g;
const CODES = /\ufdd2?[\ufdd0-\ufdd2]/g;
/** What all codes start with in UTF-8, and their last bytes. */
const START = Buffer.from(LINE_FEED).subarray(0, 2);
const CODE_BYTES = 3;
const LINE_FEED_END = 0x90;
const CARRIAGE_RETURN_END = 0x91;
const ESCAPE_END = 0x92;
const LF = 0x0a;
const CR = 0x0d;

export function codeBreaks(text: string): string {
  return text.replace(CODED, (found) =>
    found === '\n' ? LINE_FEED : found === '\r' ? CARRIAGE_RETURN : ESCAPE + found,
  );
}

export function decodeBreaks(text: string): string {
  return text.replace(CODES, (code) =>
    code === LINE_FEED ? '\n' : code === CARRIAGE_RETURN ? '\r' : code.slice(-1),
  );
}

/** @returns the same bytes if there are no codes in them */
export function decodeBreakBytes(bytes: Uint8Array): Uint8Array {
  const coded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!coded.includes(START)) return bytes;
  const decoded = new Uint8Array(coded.length);
  let length = 0;
  for (let at = 0; at < coded.length; ) {
    const end = coded[at] === START[0] && coded[at + 1] === START[1] ? coded[at + 2] : undefined;
    if (end === LINE_FEED_END || end === CARRIAGE_RETURN_END) {
      decoded[length++] = end === LINE_FEED_END ? LF : CR;
      at += CODE_BYTES;
      continue;
    }
    if (end === ESCAPE_END) at += CODE_BYTES;
    // What follows an escape is taken as it is, three bytes of a character; anything else byte by byte.
    for (let left = end === ESCAPE_END ? CODE_BYTES : 1; left > 0; left--)
      decoded[length++] = coded[at++] ?? 0;
  }
  return decoded.subarray(0, length);
}
