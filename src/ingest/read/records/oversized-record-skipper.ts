// Skips a record that is too long, without keeping it in memory.

import type { ByteDialect } from '../dialect.ts';
import { endOfPlain, wordsOf } from './plain-words.ts';
import { isInitialSpace } from './scan-line.ts';

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Finds the end of the record. Ignores misplaced quotes, as the record is rejected anyway.
 *
 * Offsets refer to a buffer from which the bytes before the last call of `rebase` were removed.
 */
export class OversizedRecordSkipper {
  readonly #dialect: ByteDialect;
  readonly #hasQuoting: boolean;
  readonly #firstLine: number;
  #at = 0;
  #line: number;
  #quoted = false;
  #quoteLine: number;
  /** Whether a quote at `#at` would open a field. */
  #atFieldStart = true;
  #ended = false;

  /**
   * @param toLineEnd whether it ends with its line, regardless of quotes
   * @param line on which it starts
   */
  constructor(dialect: ByteDialect, toLineEnd: boolean, line: number) {
    this.#dialect = dialect;
    this.#hasQuoting = !toLineEnd && dialect.quoting !== 'NONE';
    this.#firstLine = line;
    this.#line = line;
    this.#quoteLine = line;
  }

  /** The current physical line; once the record has ended, the next one. */
  get line(): number {
    return this.#line;
  }

  /** Number of physical lines so far, the current one included. */
  get lineCount(): number {
    return this.#line - this.#firstLine + (this.#ended ? 0 : 1);
  }

  /** The physical line of a quote that is still open, if the file ends here. */
  get openQuoteLine(): number | undefined {
    return this.#quoted && !this.#ended ? this.#quoteLine : undefined;
  }

  /** @returns the start of the next record; -1 while this one continues */
  skip(bytes: Uint8Array, to: number, atEnd: boolean): number {
    const { delimiter, skipInitialSpace } = this.#dialect;
    const words = wordsOf(bytes);
    const lastWord = Math.min(to >> 2, words.length);
    let at = this.#at;
    for (; at < to; at++) {
      if ((at & 3) === 0) {
        const from = at;
        at = endOfPlain(words, at, lastWord);
        if (!this.#quoted && at > from) this.#atFieldStart = this.#isFieldStart(bytes, from, at);
        if (at >= to) break;
      }
      const byte = bytes[at] as number;
      if ((byte === QUOTE || byte === CR) && at + 1 === to && !atEnd) break;
      const next = at + 1 < to ? bytes[at + 1] : LF;
      if (byte === LF || byte === CR) {
        if (byte === CR && at + 1 < to && next === LF) at++;
        this.#line++;
        this.#atFieldStart = true;
        if (this.#quoted) continue;
        this.#ended = true;
        return at + 1;
      }
      if (byte === QUOTE && this.#hasQuoting) {
        if (!this.#quoted) {
          if (this.#atFieldStart) this.#quoteLine = this.#line;
          this.#quoted = this.#atFieldStart;
        } else if (next === QUOTE && at + 1 < to) at++;
        else this.#quoted = next !== delimiter && next !== LF && next !== CR;
        this.#atFieldStart = false;
      } else if (!this.#quoted) {
        this.#atFieldStart =
          byte === delimiter ||
          (this.#atFieldStart && skipInitialSpace === true && isInitialSpace(byte, delimiter));
      }
    }
    this.#at = at;
    return atEnd ? to : -1;
  }

  /** Whether a quote at `to` would open a field. @param from offset of which `#atFieldStart` says it; no line ends in between */
  #isFieldStart(bytes: Uint8Array, from: number, to: number): boolean {
    const { delimiter, skipInitialSpace } = this.#dialect;
    for (let before = to - 1; before >= from; before--) {
      const byte = bytes[before] as number;
      if (byte === delimiter) return true;
      if (!skipInitialSpace || !isInitialSpace(byte, delimiter)) return false;
    }
    return this.#atFieldStart;
  }

  /** @returns how many bytes at the start of the buffer are no longer needed */
  rebase(): number {
    const done = this.#at;
    this.#at = 0;
    return done;
  }
}
