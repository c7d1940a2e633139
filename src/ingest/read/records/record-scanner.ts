// Finds record boundaries by strict RFC 4180 rules, as csv-parse does in strict mode: a quote opens a field as its first byte
// and closes it before a delimiter or line ending, a doubled quote inside is a character, and a line ending outside quotes
// (LF, CRLF or a lone CR) ends the record. Anything else is an error, which `RecordRecovery` handles.

import type { ByteDialect } from '../dialect.ts';
import { type FieldCountRange, isValidFieldCount } from './field-count.ts';
import { endOfPlain, wordsOf } from './plain-words.ts';
import { opensField } from './scan-line.ts';

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const NONE = -1;

/** How far before an invalid record its cause may be. The number of records is a power of 2. */
const LOOK_BACK_RECORDS = 16;
const LOOK_BACK_BYTES = 64 * 1024;
/** Quotes per record whose positions are tracked. */
const MAX_QUOTES = 64;

/** The start of a line: its offset and its physical line number. */
export interface Position {
  at: number;
  line: number;
}

export interface ScannerOptions {
  dialect: ByteDialect;
  fieldCounts: FieldCountRange;
  /** Includes the line ending. */
  maxRecordBytes: number;
  /** For each column: 1 if it is known to have multi-line fields. */
  multilineColumns?: Uint8Array | undefined;
  /** Start of the first record. */
  start: Position;
}

/**
 * Scans a buffer that is filled incrementally, looking at each byte once.
 *
 * Offsets refer to the buffer; call `rebase` after removing bytes from its start.
 */
export class RecordScanner {
  readonly #dialect: ByteDialect;
  readonly #fieldCounts: FieldCountRange;
  readonly #maxRecordBytes: number;
  readonly #multilineColumns: Uint8Array;
  #at: number;
  #line: number;
  #quoted = false;
  /** Ring buffer of the starts of the last records, the current one included. */
  readonly #starts = new Int32Array(LOOK_BACK_RECORDS);
  readonly #lines = new Float64Array(LOOK_BACK_RECORDS);
  #records = 0;
  #recordLine = 0;
  /** Quotes of the current record that open or close a field, and their lines. */
  readonly #quotes = new Int32Array(MAX_QUOTES);
  #quotesFound = 0;
  readonly #quoteLines = new Int32Array(MAX_QUOTES);

  constructor({ dialect, fieldCounts, multilineColumns, maxRecordBytes, start }: ScannerOptions) {
    this.#dialect = dialect;
    this.#fieldCounts = fieldCounts;
    this.#maxRecordBytes = maxRecordBytes;
    this.#multilineColumns = multilineColumns ?? new Uint8Array(fieldCounts.columns);
    this.#at = start.at;
    this.#line = start.line;
    this.#begin(start.at);
  }

  /** For each column: 1 if a valid record had a multi-line field there. */
  get multilineColumns(): Uint8Array {
    return this.#multilineColumns;
  }

  /** Start of one of the last records: the cause of an error that is found later is behind it. */
  get lookBack(): Position {
    const newest = this.#records - 1;
    const earliest = (this.#starts[newest % LOOK_BACK_RECORDS] as number) - LOOK_BACK_BYTES;
    let oldest = Math.max(0, this.#records - LOOK_BACK_RECORDS);
    while ((this.#starts[oldest % LOOK_BACK_RECORDS] as number) < earliest) oldest++;
    const slot = oldest % LOOK_BACK_RECORDS;
    return { at: this.#starts[slot] as number, line: this.#lines[slot] as number };
  }

  /** Continues at the start of a record, and forgets the records before it. */
  resume({ at, line }: Position): void {
    this.#at = at;
    this.#line = line;
    this.#quoted = false;
    this.#records = 0;
    this.#begin(at);
  }

  /** @param bytes how many were removed from the start of the buffer, all before `lookBack` */
  rebase(bytes: number): void {
    this.#at -= bytes;
    for (let i = 0; i < LOOK_BACK_RECORDS; i++) this.#starts[i] = (this.#starts[i] as number) - bytes;
    for (let i = 0; i < MAX_QUOTES; i++) this.#quotes[i] = (this.#quotes[i] as number) - bytes;
  }

  #begin(at: number): void {
    const slot = this.#records++ % LOOK_BACK_RECORDS;
    this.#starts[slot] = at;
    this.#lines[slot] = this.#line;
    this.#recordLine = this.#line;
    this.#quotesFound = 0;
  }

  /**
   * Continues the scan up to `to`. A CR or quote as the last byte is left for the next call unless the file ends there.
   *
   * @returns the offset of an error in the current record, or -1. Errors are a misplaced quote, a record that is too long, a
   *   multi-line record with a wrong number of fields, and a quote that is still open at the end of the file
   */
  scan(bytes: Uint8Array, to: number, atEnd: boolean): number {
    const dialect = this.#dialect;
    const { delimiter } = dialect;
    const hasQuoting = dialect.quoting !== 'NONE';
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
    let error = NONE;

    while (at < to) {
      if ((at & 3) === 0) {
        at = endOfPlain(words, at, lastWord);
        if (at >= to) break;
      }
      const byte = bytes[at] as number;
      if (byte === QUOTE && hasQuoting) {
        if (!quoted) {
          const previous = at === start ? delimiter : bytes[at - 1];
          if (previous !== delimiter && !opensField(bytes, at, start, start, dialect)) {
            error = at;
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
            error = at;
            break;
          }
          quoted = false;
        }
        if (found < MAX_QUOTES) {
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
        if (at - start > max || (line - recordLine > 1 && !this.#isValidRecord(bytes, start, end, found))) {
          error = end;
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
    if (error < 0 && atEnd && start < to) {
      if (quoted || (line > recordLine && !this.#isValidRecord(bytes, start, to, found))) error = to;
    }

    this.#at = at;
    this.#records = records;
    this.#quoted = quoted;
    this.#line = line;
    this.#recordLine = recordLine;
    this.#quotesFound = found;
    const tooLong = start + max;
    if (error < 0) return to > tooLong ? tooLong : NONE;
    return Math.min(error, tooLong);
  }

  /** Checks the number of fields of a multi-line record, and records which columns have multi-line fields. */
  #isValidRecord(bytes: Uint8Array, start: number, end: number, found: number): boolean {
    if (found > MAX_QUOTES) return true;
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
