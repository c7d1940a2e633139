// Generates the rows of the sample product file: names, slugs and short texts, written directly as bytes.
//
// A row repeats the SKU of an earlier one if its slug has the same words: about 7% of 500,000 rows do, and a slug of one very
// long word occurs hundreds of times. In longer files, each range of 500,000 rows has slugs with a number at the end, so the
// share of repeated SKUs does not depend on the length.

import { seededRandom } from './random.ts';
import { FIRST_NAMES, LAST_NAMES, WORDS } from './sample-words.ts';

/** Consecutive whole records, and their number. */
export interface SampleChunk {
  bytes: Buffer;
  rows: number;
}

const HEADER = 'name,sku,description\r\n';
const CHUNK_BYTES = 256 * 1024;
/** More than the longest record, and than the longest text before its last paragraph is dropped. */
const RECORD_BYTES = 2048;

/** With more rows, there would be too few different slugs. */
const ROWS_PER_RANGE = 500_000;

/** Exclusive maximum lengths. */
const SLUG_LIMIT = 20;
const TEXT_LIMIT = 200;

/** Of 1,000 names, which have a title, a degree, or both. */
const TITLES = ['Mr.', 'Mrs.', 'Ms.', 'Miss', 'Dr.', 'Mx.'];
const DEGREES = ['Jr.', 'MD', 'DDS', 'PhD', 'DVM', 'II', 'III'];
const TITLED_FROM = 957;
const TITLED_ONLY_BELOW = 973;
const BOTH_FROM = 994;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const HYPHEN = 0x2d;
const FULL_STOP = 0x2e;

/**
 * Generates a header and `rows` records, in chunks of about 256 KiB. The same seed and number of rows give the same bytes on
 * every machine.
 *
 * @param seed integer from 0 to 2^53 - 1
 */
export function* sampleChunks(rows: number, seed = 1): Generator<SampleChunk> {
  const writer = new RowWriter(seed);
  writer.begin(HEADER);
  let inChunk = 0;
  for (let row = 0; row < rows; row++) {
    if (writer.isFull) {
      yield { bytes: writer.take(), rows: inChunk };
      inChunk = 0;
    }
    writer.writeRow(Math.floor(row / ROWS_PER_RANGE));
    inChunk++;
  }
  yield { bytes: writer.take(), rows: inChunk };
}

class RowWriter {
  readonly #next: () => number;
  readonly #text = Buffer.alloc(RECORD_BYTES);
  #out = Buffer.alloc(CHUNK_BYTES);
  #length = 0;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  get isFull(): boolean {
    return this.#length > CHUNK_BYTES - RECORD_BYTES;
  }

  begin(header: string): void {
    this.#length = this.#out.write(header, 'latin1');
  }

  take(): Buffer {
    const bytes = this.#out.subarray(0, this.#length);
    this.#out = Buffer.alloc(CHUNK_BYTES);
    this.#length = 0;
    return bytes;
  }

  writeRow(range: number): void {
    this.#writeName();
    this.#out[this.#length++] = COMMA;
    this.#writeSlug();
    if (range > 0) this.#append(`-${range + 1}`);
    this.#out[this.#length++] = COMMA;
    this.#writeDescription();
    this.#length += this.#out.write('\r\n', this.#length, 'latin1');
  }

  #writeName(): void {
    const kind = this.#below(1000);
    if (kind >= TITLED_FROM && (kind < TITLED_ONLY_BELOW || kind >= BOTH_FROM)) {
      this.#append(`${this.#oneOf(TITLES)} `);
    }
    const picks = this.#next();
    this.#append(FIRST_NAME_TABLE[picks & 0xffff] ?? '');
    this.#out[this.#length++] = SPACE;
    this.#append(LAST_NAME_TABLE[picks >>> 16] ?? '');
    if (kind >= TITLED_ONLY_BELOW) this.#append(` ${this.#oneOf(DEGREES)}`);
  }

  /** Adds words until the next would exceed the limit; starts over if the first one does. */
  #writeSlug(): void {
    const start = this.#length;
    let end = start;
    while (end === start) {
      this.#length = start;
      while (this.#length - start < SLUG_LIMIT) {
        end = this.#length;
        if (end > start) this.#out[this.#length++] = HYPHEN;
        this.#length = copyWord(this.#below(WORDS.length), this.#out, this.#length, LOWER_CASE);
      }
    }
    this.#length = end;
  }

  /** Adds paragraphs until the next would exceed the limit; starts over if the first one does. */
  #writeDescription(): void {
    const text = this.#text;
    let end = 0;
    let paragraphs = 0;
    while (end === 0) {
      let length = 0;
      paragraphs = 0;
      while (length < TEXT_LIMIT) {
        end = length;
        if (length > 0) text[length++] = NEWLINE;
        length = this.#writeParagraph(text, length);
        paragraphs++;
      }
    }
    // The last paragraph exceeded the limit and is dropped.
    const quoted = paragraphs > 2;
    if (quoted) this.#out[this.#length++] = QUOTE;
    this.#length += text.copy(this.#out, this.#length, 0, end);
    if (quoted) this.#out[this.#length++] = QUOTE;
  }

  #writeParagraph(text: Buffer, start: number): number {
    let length = start;
    const sentences = this.#around(3);
    for (let sentence = 0; sentence < sentences; sentence++) {
      if (sentence > 0) text[length++] = SPACE;
      length = this.#writeSentence(text, length);
    }
    return length;
  }

  #writeSentence(text: Buffer, start: number): number {
    const words = this.#around(6);
    let length = copyWord(this.#below(WORDS.length), text, start, CAPITALIZED);
    for (let word = 1; word < words; word += 2) {
      const picks = this.#next();
      text[length++] = SPACE;
      length = copyWord(((picks & 0xffff) * WORDS.length) >>> 16, text, length, AS_WRITTEN);
      if (word + 1 === words) break;
      text[length++] = SPACE;
      length = copyWord(((picks >>> 16) * WORDS.length) >>> 16, text, length, AS_WRITTEN);
    }
    text[length++] = FULL_STOP;
    return length;
  }

  /** A random number within 40% of the average, rounded down. */
  #around(average: number): number {
    return Math.floor((average * (60 + this.#below(81))) / 100);
  }

  #below(limit: number): number {
    return Math.floor((this.#next() * limit) / 2 ** 32);
  }

  #oneOf(choices: readonly string[]): string {
    return choices[this.#below(choices.length)] ?? '';
  }

  #append(text: string): void {
    for (let index = 0; index < text.length; index++) this.#out[this.#length++] = text.charCodeAt(index);
  }
}

/** All words in one buffer, WORD_STRIDE bytes each, which is faster than copying from strings. */
interface WordBytes {
  bytes: Uint8Array;
  lengths: Uint8Array;
}

const WORD_STRIDE = 16;
const AS_WRITTEN = wordBytes(WORDS);
const LOWER_CASE = wordBytes(WORDS.map((word) => word.toLowerCase()));
const CAPITALIZED = wordBytes(WORDS.map((word) => word.charAt(0).toUpperCase() + word.slice(1)));

function wordBytes(words: readonly string[]): WordBytes {
  const bytes = Buffer.alloc(words.length * WORD_STRIDE);
  for (const [index, word] of words.entries()) bytes.write(word, index * WORD_STRIDE, 'latin1');
  return { bytes, lengths: Uint8Array.from(words, (word) => word.length) };
}

function copyWord(word: number, target: Buffer, start: number, words: WordBytes): number {
  const from = word * WORD_STRIDE;
  const length = words.lengths[word] ?? 0;
  for (let index = 0; index < length; index++) target[start + index] = words.bytes[from + index] ?? 0;
  return start + length;
}

/**
 * Tables of 65,536 entries in which each name occurs according to its frequency: the name of rank r (from 1) has a frequency
 * proportional to 1 / (r + flatness)^(3/4).
 */
const FIRST_NAME_TABLE = frequencyTable(FIRST_NAMES, 3.5);
const LAST_NAME_TABLE = frequencyTable(LAST_NAMES, 2.9);

function frequencyTable(names: readonly string[], flatness: number): string[] {
  // Square roots have the same result on every machine; powers may differ.
  const weights = names.map((_, index) => {
    const root = Math.sqrt(index + 1 + flatness);
    return 1 / (root * Math.sqrt(root));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const table: string[] = [];
  let reached = 0;
  names.forEach((name, index) => {
    reached += weights[index] ?? 0;
    const upTo = Math.round((reached / total) * 65_536);
    while (table.length < upTo) table.push(name);
  });
  return table;
}
