// Where records end while all is well: a quote opens a field as its first byte and closes it before a delimiter or a
// line end, a doubled quote inside is a character, and a line end outside of quotes (LF, CRLF or a lone CR) ends the
// record. That is what csv-parse sees in strict mode. What is not so is told as trouble, and left to `RecordRecovery`.

import type { ByteDialect } from '../dialect.ts';
import { afterLineEnding, endOfLine } from '../text/line-endings.ts';
import { type FieldCountRange, isValidFieldCount } from './field-count.ts';
import { opensField } from './scan-line.ts';

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

/** How far before a record in trouble its cause is looked for: so many records (a power of 2) and bytes. */
const LOOK_BACK_RECORDS = 16;
const LOOK_BACK_BYTES = 64 * 1024;
/** Quotes of a record whose places are kept. */
const QUOTES_KEPT = 64;

/** A line start: its offset, and its physical line. */
export interface Position {
  at: number;
  line: number;
}

export interface ScannerOptions {
  dialect: ByteDialect;
  fieldCounts: FieldCountRange;
  /** Of a record with its line end. */
  maxRecordBytes: number;
  /** By column: 1 where fields over several lines are known to be. */
  multilineColumns?: Uint8Array | undefined;
  /** Where the first record starts. */
  start: Position;
}

/**
 * Follows a file's records through a buffer that is filled piece by piece, looking at each byte once.
 *
 * Offsets are those of the buffer; `rebase` follows when bytes are taken off its start.
 */
export class RecordScanner {
  readonly #dialect: ByteDialect;
  readonly #fieldCounts: FieldCountRange;
  readonly #maxRecordBytes: number;
  readonly #multilineColumns: Uint8Array;
  #at: number;
  #line: number;
  #quoted = false;
  /** Where the last records start, the current one included, as a ring. */
  readonly #starts = new Int32Array(LOOK_BACK_RECORDS);
  readonly #lines = new Float64Array(LOOK_BACK_RECORDS);
  #records = 0;
  #recordLine = 0;
  /** Of the current record: quotes that open or close a field, and their lines. */
  readonly #quotes = new Int32Array(QUOTES_KEPT);
  #quotesFound = 0;
  readonly #quoteLines = new Int32Array(QUOTES_KEPT);

  constructor({ dialect, fieldCounts, multilineColumns, maxRecordBytes, start }: ScannerOptions) {
    this.#dialect = dialect;
    this.#fieldCounts = fieldCounts;
    this.#maxRecordBytes = maxRecordBytes;
    this.#multilineColumns = multilineColumns ?? new Uint8Array(fieldCounts.columns);
    this.#at = start.at;
    this.#line = start.line;
    this.#begin(start.at);
  }

  /** By column: 1 where a field of a whole record was seen that spans lines. */
  get multilineColumns(): Uint8Array {
    return this.#multilineColumns;
  }

  /** Where the current record starts, or one of the last before it: the cause of trouble to come lies behind. */
  get lookBack(): Position {
    const newest = this.#records - 1;
    const earliest = (this.#starts[newest % LOOK_BACK_RECORDS] as number) - LOOK_BACK_BYTES;
    let oldest = Math.max(0, this.#records - LOOK_BACK_RECORDS);
    while ((this.#starts[oldest % LOOK_BACK_RECORDS] as number) < earliest) oldest++;
    const slot = oldest % LOOK_BACK_RECORDS;
    return { at: this.#starts[slot] as number, line: this.#lines[slot] as number };
  }

  /** Goes on at the start of a record. Nothing before it is looked back at. */
  resume({ at, line }: Position): void {
    this.#at = at;
    this.#line = line;
    this.#quoted = false;
    this.#records = 0;
    this.#begin(at);
  }

  /** So many bytes were taken off the start of the buffer, all before `lookBack`. */
  rebase(bytes: number): void {
    this.#at -= bytes;
    for (let i = 0; i < LOOK_BACK_RECORDS; i++) this.#starts[i] = (this.#starts[i] as number) - bytes;
    for (let i = 0; i < QUOTES_KEPT; i++) this.#quotes[i] = (this.#quotes[i] as number) - bytes;
  }

  #begin(at: number): void {
    const slot = this.#records++ % LOOK_BACK_RECORDS;
    this.#starts[slot] = at;
    this.#lines[slot] = this.#line;
    this.#recordLine = this.#line;
    this.#quotesFound = 0;
  }

  /**
   * Scans on, up to `to`; without the file's end, a last CR or quote there waits for the byte behind it.
   *
   * @returns -1, or where there is trouble with the current record: a quote at a wrong place, more bytes than allowed,
   *   a wrong number of fields over several lines, or a quote that is open at the end of the file
   */
  scan(bytes: Uint8Array, to: number, atEnd: boolean): number {
    const dialect = this.#dialect;
    const { delimiter } = dialect;
    const reads = dialect.quoting !== 'NONE';
    const max = this.#maxRecordBytes;
    const words = wordsOf(bytes);
    const lastWord = Math.min(to >> 2, words.length);
    let at = this.#at;
    let quoted = this.#quoted;
    let line = this.#line;
    let found = this.#quotesFound;
    const starts = this.#starts;
    const lines = this.#lines;
    const quotes = this.#quotes;
    const quoteLines = this.#quoteLines;
    let records = this.#records;
    let start = starts[(records - 1) % LOOK_BACK_RECORDS] as number;
    let recordLine = this.#recordLine;
    let trouble = NONE;

    while (at < to) {
      if ((at & 3) === 0) {
        let word = at >> 2;
        while (word < lastWord && isPlain(words[word] as number)) word++;
        at = Math.max(at, word << 2);
        if (at >= to) break;
      }
      const byte = bytes[at] as number;
      if (byte === QUOTE && reads) {
        if (!quoted) {
          const previous = at === start ? delimiter : bytes[at - 1];
          if (previous !== delimiter && !opensField(bytes, at, start, start, dialect)) {
            trouble = at;
            break;
          }
          quoted = true;
        } else {
          if (at + 1 === to && !atEnd) break;
          const next = at + 1 === to ? LF : bytes[at + 1];
          if (next === QUOTE) {
            at += 2;
            continue;
          }
          if (next !== delimiter && next !== LF && next !== CR) {
            trouble = at;
            break;
          }
          quoted = false;
        }
        if (found < QUOTES_KEPT) {
          quotes[found] = at;
          quoteLines[found] = line;
        }
        found++;
        at++;
      } else if (byte === LF || byte === CR) {
        if (byte === CR && at + 1 === to && !atEnd) break;
        const end = at;
        at += byte === CR && at + 1 < to && bytes[at + 1] === LF ? 2 : 1;
        line++;
        if (quoted) continue;
        if (at - start > max || (line - recordLine > 1 && !this.#isWhole(bytes, start, end, found))) {
          trouble = end;
          break;
        }
        start = at;
        recordLine = line;
        found = 0;
        const slot = records++ & (LOOK_BACK_RECORDS - 1);
        starts[slot] = start;
        lines[slot] = line;
      } else at++;
    }
    if (trouble < 0 && atEnd && start < to) {
      if (quoted || (line > recordLine && !this.#isWhole(bytes, start, to, found))) trouble = to;
    }

    this.#at = at;
    this.#records = records;
    this.#quoted = quoted;
    this.#line = line;
    this.#recordLine = recordLine;
    this.#quotesFound = found;
    const tooLong = start + max;
    if (trouble < 0) return to > tooLong ? tooLong : NONE;
    return Math.min(trouble, tooLong);
  }

  /** Whether a record over several lines has the fields that it should; notes which of them span lines. */
  #isWhole(bytes: Uint8Array, start: number, end: number, found: number): boolean {
    if (found > QUOTES_KEPT) return true;
    const { delimiter } = this.#dialect;
    const quotes = this.#quotes;
    const lines = this.#quoteLines;
    let delimiters = 0;
    let last = start;
    let spans = NONE;
    let at = start;
    for (let i = 0; i < found; i += 2) {
      for (const opening = quotes[i] as number; at < opening; at++) if (bytes[at] === delimiter) delimiters++;
      if (lines[i] !== lines[i + 1]) {
        if (spans >= 0) this.#multilineColumns[spans] = 1;
        spans = delimiters;
      }
      at = (quotes[i + 1] as number) + 1;
    }
    for (; at < end; at++) {
      if (bytes[at] !== delimiter) continue;
      delimiters++;
      last = at + 1;
    }
    if (!isValidFieldCount(this.#fieldCounts, delimiters, last === end && delimiters > 0)) return false;
    if (spans >= 0) this.#multilineColumns[spans] = 1;
    return true;
  }
}

/**
 * @param sample of a file, from the start of a record on
 * @param isRest whether it goes to the end of the file
 * @returns by column: 1 where a field of a whole record spans lines
 */
export function findMultilineColumns(
  sample: Uint8Array,
  isRest: boolean,
  dialect: ByteDialect,
  fieldCounts: FieldCountRange,
): Uint8Array {
  const multilineColumns = new Uint8Array(fieldCounts.columns);
  const start = { at: 0, line: 1 };
  const scanner = new RecordScanner({
    dialect,
    fieldCounts,
    multilineColumns,
    maxRecordBytes: sample.length,
    start,
  });
  let trouble = scanner.scan(sample, sample.length, isRest);
  while (trouble >= 0) {
    const next = afterLineEnding(sample, endOfLine(sample, trouble));
    if (next >= sample.length) break;
    scanner.resume({ at: next, line: 1 });
    trouble = scanner.scan(sample, sample.length, isRest);
  }
  return multilineColumns;
}

/** @returns where the record that begins at `start` ends: the offset of its line end, or of the end of the bytes */
export function endOfRecord(bytes: Uint8Array, start: number, dialect: ByteDialect): number {
  const reads = dialect.quoting !== 'NONE';
  let quoted = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE && reads) {
      if (!quoted) quoted = opensField(bytes, at, start, start, dialect);
      else if (bytes[at + 1] === QUOTE) at++;
      else quoted = !closesField(bytes[at + 1], dialect.delimiter);
    } else if (!quoted && (byte === LF || byte === CR)) return at;
  }
  return bytes.length;
}

/** @param next the byte behind a quote inside of quotes, which is no quote; undefined at the end of the file */
function closesField(next: number | undefined, delimiter: number): boolean {
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
