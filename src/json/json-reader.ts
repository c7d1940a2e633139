// Reads JSON piece by piece as it arrives, so that a large one takes the memory of its texts alone. `JSON.parse` needs all of it
// as a string, beside what it makes of it; and such strings stay until V8 collects all of the heap.
//
// `JSON.parse` reads the rest, where short plain texts stay: any other text is kept by itself, and its number takes its place. So
// keys have no escapes, which V8 may take for others: once an object with the key `Caf\` has been read, it reads `"Caf\u00e9"` as
// that. Whoever sends one could rename what others send.

import { isUtf8 } from 'node:buffer';
import {
  type JsonLimits,
  type JsonParts,
  JsonShape,
  LONGEST_PLAIN_TEXT,
  MARK,
  REQUEST_LIMITS,
} from './json-shape.ts';

/** Of JSON that is our own. */
const NO_LIMITS: JsonLimits = { values: Infinity, depth: Infinity, mibOutsideOfTexts: Infinity };
/** In a message: positions and excerpts are of what has become of the JSON. */
const OWN_PLACE = /( in JSON)? at position .*|, .* is not valid JSON$/s;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
/** Of `\ud83d`. */
const LONGEST_ESCAPE = 6;
/** There is nothing to decode, and nothing that is not valid. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are not valid in JSON
const IS_LITERAL = /^[^\\\u0000-\u001f]*$/;
/** What stays where it is as well, though it was cut or has needless escapes: so a key that is an index is found in its order. */
const IS_PLAIN = /^(?!#)[ -!#-[\]-~]*$/;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const NOTHING = Buffer.alloc(0);

/** A text, or a key, is not UTF-8. */
export class NotUtf8Error extends Error {}

/** There is too much of something. The message says of what, as `JsonShape` does. */
export class JsonExcessError extends Error {}

export class JsonReader implements JsonParts {
  readonly #shape: JsonShape;
  /** The JSON, in Latin 1, with the numbers of `#texts` in their place. */
  #plain = '';
  readonly #texts: string[] = [];
  /** What has arrived of a text, but for `#rest`: the beginning of a character or an escape. */
  #text = '';
  #rest = NOTHING;

  /** @param limits default: those of requests */
  constructor(limits = REQUEST_LIMITS) {
    this.#shape = new JsonShape(this, limits);
  }

  /**
   * Reads a piece. Nothing of it is kept as it is.
   *
   * @returns what there is too much of by now, such as "has more than 50,000 values"; undefined if there is not
   * @throws SyntaxError if a text is not valid
   * @throws NotUtf8Error
   */
  excessWith(piece: Buffer): string | undefined {
    return this.#shape.excessWith(piece);
  }

  /**
   * The value, once all pieces have been read.
   *
   * @throws SyntaxError
   * @throws NotUtf8Error
   */
  value(): unknown {
    if (this.#shape.isInText) {
      checkUtf8(this.#rest);
      throw new SyntaxError('Unterminated string');
    }
    const json = this.#plain.startsWith(BYTE_ORDER_MARK) ? this.#plain.slice(3) : this.#plain;
    try {
      const value = JSON.parse(json);
      return this.#texts.length === 0 ? value : this.#withTexts(value);
    } catch (error) {
      throw new SyntaxError((error as SyntaxError).message.replace(OWN_PLACE, ''));
    }
  }

  plain(piece: Buffer, start: number, end: number): void {
    this.#plain += piece.toString('latin1', start, end);
  }

  inText(piece: Buffer, start: number, end: number): void {
    const part = piece.subarray(start, end);
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part;
    const whole = endOfWhole(bytes);
    this.#rest = whole < bytes.length ? Buffer.from(bytes.subarray(whole)) : NOTHING;
    this.#text += decode(bytes.subarray(0, whole));
  }

  endText(): void {
    // What is still incomplete is not valid.
    this.#text += decode(this.#rest);
    this.#rest = NOTHING;
    if (isPlain(this.#text)) this.#plain += `"${this.#text}"`;
    else {
      this.#plain += `"${MARK}${this.#texts.length}"`;
      this.#texts.push(this.#text);
    }
    this.#text = '';
  }

  #withTexts(value: unknown): unknown {
    if (typeof value === 'string') return this.#withText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) value[at] = this.#withTexts(value[at]);
      return value;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.#withText(key), this.#withTexts(item)]),
    );
  }

  #withText(text: string): string {
    return text.startsWith(MARK) ? (this.#texts[Number(text.slice(MARK.length))] as string) : text;
  }
}

/**
 * Reads JSON of a request, of which all has arrived.
 *
 * @throws SyntaxError, with the place
 * @throws NotUtf8Error
 * @throws JsonExcessError
 */
export function parseJson(json: Buffer): unknown {
  return parse(json, REQUEST_LIMITS);
}

/**
 * Reads JSON that we have written: stored in the database, or in an address.
 *
 * @throws SyntaxError
 */
export function parseOwnJson(json: string): unknown {
  // Only a key with an escape can be taken for another one.
  return json.includes('\\') ? parse(Buffer.from(json), NO_LIMITS) : JSON.parse(json);
}

function parse(json: Buffer, limits: JsonLimits): unknown {
  checkUtf8(json);
  try {
    const reader = new JsonReader(limits);
    const excess = reader.excessWith(json);
    if (excess) throw new JsonExcessError(excess);
    return reader.value();
  } catch (error) {
    // For its message.
    if (error instanceof SyntaxError) JSON.parse(json.toString().replace(/^\ufeff/, ''));
    throw error;
  }
}

function decode(bytes: Buffer): string {
  if (bytes.length === 0) return '';
  checkUtf8(bytes);
  const text = bytes.toString();
  return IS_LITERAL.test(text) ? text : JSON.parse(`"${text}"`);
}

function isPlain(text: string): boolean {
  return text.length <= LONGEST_PLAIN_TEXT && IS_PLAIN.test(text);
}

function checkUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new NotUtf8Error();
}

/** @returns where a character or an escape begins whose end is still to come; the length if there is none */
function endOfWhole(bytes: Buffer): number {
  const { length } = bytes;
  let lead = length - 1;
  while (lead > length - 4 && isContinuation(bytes[lead])) lead--;
  if (lead >= 0 && bytesOfCharacter(bytes[lead] as number) > length - lead) return lead;
  for (let at = Math.max(length - LONGEST_ESCAPE + 1, 0); at < length; at++) {
    if (bytes[at] !== BACKSLASH || isEscaped(bytes, at)) continue;
    const isWhole = at + 1 < length && (bytes[at + 1] !== LETTER_U || at + LONGEST_ESCAPE <= length);
    if (!isWhole) return at;
  }
  return length;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >> 6 === 0b10;
}

function bytesOfCharacter(lead: number): number {
  if (lead < 0xc0) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let first = at;
  while (first > 0 && bytes[first - 1] === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}
