// Where records end, exactly as csv-parse sees it in strict mode, for malformed quotes too.
//
// A quote opens a quoted field only as the field's first byte; elsewhere outside quotes it is a fault of the record,
// and literal. Inside quotes a doubled quote is literal; a quote before a delimiter, a line end, a NUL or the end of
// the file closes the field; any other is a fault, and the field stays quoted. A line end outside quotes ends a
// record: LF, CRLF or a lone CR.

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const NONE = -1;

/** Four bytes at once: 0x0e and 0x22 in each byte, and the bits that tell a byte below 0x0e or equal to 0x22. */
const ABOVE_LINE_ENDS = 0x0e0e0e0e;
const QUOTES = 0x22222222;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080;

/** Record ends found by one `scan`, as offsets just behind the line end; -1 when there is none. */
export interface RecordEnds {
  first: number;
  last: number;
}

/**
 * Follows a file's quotes and lines through pieces of any size, looking at each byte once.
 *
 * A CR or a quote as the last byte of a piece waits for the first byte of the next one. So a record that ends with
 * CR there is told with the next piece, as ending at its start or just behind its LF.
 */
export class RecordScanner {
  readonly #delimiter: number;
  #quoted = false;
  /** The last byte of the piece before; the start of the file is like the start of a line. */
  #previous = LF;
  /** Whether `#previous` is a CR or a quote that needs the byte behind it. */
  #undecided = false;
  #line: number;
  #recordLine: number;
  #quoteLine = NONE;

  /** @param line the physical line on which the first piece starts */
  constructor(delimiter: number, line: number) {
    this.#delimiter = delimiter;
    this.#line = line;
    this.#recordLine = line;
  }

  /** The physical line on which the record starts that follows the last end found. */
  get recordLine(): number {
    return this.#recordLine;
  }

  /** Should the file end here: the physical line of a quote that is still open, or undefined. */
  get openQuoteLine(): number | undefined {
    const closes = this.#undecided && this.#previous === QUOTE;
    return this.#quoted && !closes ? this.#quoteLine : undefined;
  }

  /** Scans bytes[from, to), the next piece of the file. */
  scan(bytes: Uint8Array, from: number, to: number): RecordEnds {
    const ends = { first: NONE, last: NONE };
    if (from === to) return ends;
    const delimiter = this.#delimiter;
    const words = wordsOf(bytes);
    const lastWord = Math.min(to >> 2, words.length);
    let at = from;
    let quoted = this.#quoted;
    let undecided = false;

    if (this.#undecided) {
      const next = bytes[from] as number;
      if (this.#previous === CR) {
        if (next === LF) at++;
        this.#line++;
        if (!quoted) this.#end(ends, at);
      } else if (next === QUOTE) at++;
      else quoted = !closesQuote(next, delimiter);
    }

    while (at < to) {
      if ((at & 3) === 0) {
        let word = at >> 2;
        while (word < lastWord && isPlain(words[word] as number)) word++;
        at = Math.max(at, word << 2);
        if (at >= to) break;
      }
      const byte = bytes[at++] as number;
      if (byte === QUOTE) {
        if (!quoted) {
          quoted = opensQuote(at - 1 > from ? (bytes[at - 2] as number) : this.#previous, delimiter);
          if (quoted) this.#quoteLine = this.#line;
        } else if (at === to) undecided = true;
        else if (bytes[at] === QUOTE) at++;
        else quoted = !closesQuote(bytes[at], delimiter);
      } else if (byte === LF || byte === CR) {
        if (byte === CR && at === to) {
          undecided = true;
          break;
        }
        if (byte === CR && bytes[at] === LF) at++;
        this.#line++;
        if (!quoted) this.#end(ends, at);
      }
    }

    this.#quoted = quoted;
    this.#undecided = undecided;
    this.#previous = bytes[to - 1] as number;
    return ends;
  }

  #end(ends: RecordEnds, at: number): void {
    if (ends.first === NONE) ends.first = at;
    ends.last = at;
    this.#recordLine = this.#line;
  }
}

/** @returns where the record that begins at `start` ends: the offset of its line end, or of the end of the bytes */
export function endOfRecord(bytes: Uint8Array, start: number, delimiter: number): number {
  let quoted = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      if (!quoted) quoted = at === start || opensQuote(bytes[at - 1] as number, delimiter);
      else if (bytes[at + 1] === QUOTE) at++;
      else quoted = !closesQuote(bytes[at + 1], delimiter);
    } else if (!quoted && (byte === LF || byte === CR)) return at;
  }
  return bytes.length;
}

/** @param previous the byte before the quote, which is outside of quotes */
export function opensQuote(previous: number, delimiter: number): boolean {
  return previous === delimiter || previous === LF || previous === CR;
}

/** @param next the byte behind the quote, which is no quote; undefined at the end of the file */
export function closesQuote(next: number | undefined, delimiter: number): boolean {
  return next === delimiter || next === LF || next === CR || next === NUL || next === undefined;
}

/** The bytes four by four, for those that begin on a boundary of four; others are looked at one by one. */
function wordsOf(bytes: Uint8Array): Int32Array {
  if (bytes.byteOffset % 4 !== 0) return new Int32Array(0);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

/** Whether none of the four bytes is a quote or a line end. Control characters below them are no matter: looked at. */
function isPlain(word: number): boolean {
  const quotes = word ^ QUOTES;
  return ((((word - ABOVE_LINE_ENDS) & ~word) | ((quotes - ONES) & ~quotes)) & HIGH_BITS) === 0;
}
