// Looks over JSON before it is parsed: parsing millions of values takes seconds, in which a server does nothing else, and
// hundreds of megabytes. A value may still be as long as it likes.

const MIB = 1024 * 1024;

/** How much JSON may have. */
export interface JsonLimits {
  values: number;
  depth: number;
  /** Several times what the most values take, with white space to indent them. */
  mibOutsideOfTexts: number;
}

export const REQUEST_LIMITS: JsonLimits = {
  /** More than the largest list of edits or corrected rows has. */
  values: 50_000,
  /** As deep as brackets in a document. What walks through values is recursive. */
  depth: 200,
  mibOutsideOfTexts: 8,
};

/** What a byte means outside of texts. */
const NOTHING = 0;
const QUOTE = 1;
const COMMA = 2;
const OPEN = 3;
const CLOSE = 4;
const MEANINGS = new Uint8Array(256);
for (const [meaning, characters] of [
  [QUOTE, '"'],
  [COMMA, ','],
  [OPEN, '[{'],
  [CLOSE, ']}'],
] as const)
  for (const byte of Buffer.from(characters)) MEANINGS[byte] = meaning;
const QUOTE_BYTE = 0x22;
const BACKSLASH_BYTE = 0x5c;
const FIRST_NOT_ASCII = 0x80;

/** No plain text begins with it. */
export const MARK = '#';
const MARK_BYTE = 0x23;
export const LONGEST_PLAIN_TEXT = 64;

/** Gets what JSON consists of, in order. */
export interface JsonParts {
  /** What is outside of texts, with the plain texts between: short ones in ASCII, without escapes, that do not begin with `MARK`. */
  plain(piece: Buffer, start: number, end: number): void;
  /** What is between the quotes of any other text, or a part of that. */
  inText(piece: Buffer, start: number, end: number): void;
  endText(): void;
}

/** Looks over JSON in UTF-8, valid or not, piece by piece as it arrives. */
export class JsonShape {
  readonly #parts: JsonParts | undefined;
  readonly #limits: JsonLimits;
  #values = 1;
  #depth = 0;
  #bytesOutside = 0;
  #isInText = false;
  /** Whether the last piece ended with a backslash that escapes the next byte. */
  #isEscaped = false;

  /** @param limits default: those of requests */
  constructor(parts?: JsonParts, limits = REQUEST_LIMITS) {
    this.#parts = parts;
    this.#limits = limits;
  }

  /** Whether a text has begun, and not ended. */
  get isInText(): boolean {
    return this.#isInText;
  }

  /** @returns what there is too much of by now, such as "has more than 50,000 values"; undefined if there is not */
  excessWith(piece: Buffer): string | undefined {
    const { values, depth, mibOutsideOfTexts } = this.#limits;
    let plain = this.#isInText ? this.#passText(piece, 0) : 0;
    let inTexts = plain;
    for (let at = plain; at < piece.length; at++) {
      const meaning = MEANINGS[piece[at] as number];
      if (meaning === NOTHING) continue;
      if (meaning === QUOTE) {
        const start = at + 1;
        at = endOfPlainText(piece, start);
        if (at < 0) {
          this.#parts?.plain(piece, plain, start - 1);
          plain = this.#passText(piece, start);
          at = plain - 1;
        }
        inTexts += at - start;
      } else if (meaning === CLOSE) this.#depth--;
      else {
        this.#values++;
        if (meaning === OPEN) this.#depth++;
        if (this.#values > values) return `has more than ${values.toLocaleString('en')} values`;
        if (this.#depth > depth) return `is nested deeper than ${depth}`;
      }
    }
    this.#parts?.plain(piece, plain, piece.length);
    this.#bytesOutside += piece.length - inTexts;
    if (this.#bytesOutside <= mibOutsideOfTexts * MIB) return undefined;
    return `has more than ${mibOutsideOfTexts} MiB outside of texts`;
  }

  /** @returns where what is after the text begins, or the end of the piece */
  #passText(piece: Buffer, start: number): number {
    const end = this.#endOfText(piece, start);
    this.#parts?.inText(piece, start, end);
    if (this.#isInText) return end;
    this.#parts?.endText();
    return end + 1;
  }

  /** @returns where the closing quote of a text is, or the end of the piece */
  #endOfText(piece: Buffer, start: number): number {
    let from = start + Number(this.#isEscaped);
    this.#isEscaped = false;
    for (;;) {
      const quote = piece.indexOf(QUOTE_BYTE, from);
      const end = quote < 0 ? piece.length : quote;
      const isEscaped = backslashesBefore(end, piece, from) % 2 === 1;
      this.#isInText = quote < 0 || isEscaped;
      if (!this.#isInText) return quote;
      if (quote < 0) {
        this.#isEscaped = isEscaped;
        return end;
      }
      from = quote + 1;
    }
  }
}

/** @returns where its closing quote is; -1 if it is not plain, or does not end in this piece */
function endOfPlainText(piece: Buffer, start: number): number {
  if (piece[start] === MARK_BYTE) return -1;
  const last = Math.min(start + LONGEST_PLAIN_TEXT, piece.length - 1);
  for (let at = start; at <= last; at++) {
    const byte = piece[at] as number;
    if (byte === QUOTE_BYTE) return at;
    if (byte === BACKSLASH_BYTE || byte >= FIRST_NOT_ASCII) return -1;
  }
  return -1;
}

function backslashesBefore(end: number, piece: Buffer, from: number): number {
  let first = end;
  while (first > from && piece[first - 1] === BACKSLASH_BYTE) first--;
  return end - first;
}
