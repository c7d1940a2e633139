// Passes over a record that is longer than allowed, without holding it.

import type { ByteDialect } from '../dialect.ts';
import { isInitialSpace } from './scan-line.ts';

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Finds the end of one record. Quotes at wrong places mean nothing in it: it is rejected anyway.
 *
 * Offsets are those of a buffer whose bytes before the last call of `rebase` are gone.
 */
export class OversizedRecordSkipper {
  readonly #dialect: ByteDialect;
  readonly #reads: boolean;
  readonly #firstLine: number;
  #at = 0;
  #line: number;
  #quoted = false;
  #quoteLine: number;
  /** Whether only what a field may begin with stands before `#at` in its field. */
  #begins = true;
  #ended = false;

  /**
   * @param toLineEnd whether it ends with its line, whatever its quotes
   * @param line on which it starts
   */
  constructor(dialect: ByteDialect, toLineEnd: boolean, line: number) {
    this.#dialect = dialect;
    this.#reads = !toLineEnd && dialect.quoting !== 'NONE';
    this.#firstLine = line;
    this.#line = line;
    this.#quoteLine = line;
  }

  /** The physical line that has been reached; once the record has ended, the next one. */
  get line(): number {
    return this.#line;
  }

  /** Physical lines so far, the last one included. */
  get lineCount(): number {
    return this.#line - this.#firstLine + (this.#ended ? 0 : 1);
  }

  /** Should the file end here: the physical line of a quote that is still open, or undefined. */
  get openQuoteLine(): number | undefined {
    return this.#quoted && !this.#ended ? this.#quoteLine : undefined;
  }

  /** @returns where the next record starts; -1 while this one goes on */
  read(bytes: Uint8Array, to: number, atEnd: boolean): number {
    const { delimiter, skipInitialSpace } = this.#dialect;
    let at = this.#at;
    for (; at < to; at++) {
      const byte = bytes[at] as number;
      if ((byte === QUOTE || byte === CR) && at + 1 === to && !atEnd) break;
      const next = at + 1 < to ? bytes[at + 1] : LF;
      if (byte === LF || byte === CR) {
        if (byte === CR && at + 1 < to && next === LF) at++;
        this.#line++;
        this.#begins = true;
        if (this.#quoted) continue;
        this.#ended = true;
        return at + 1;
      }
      if (byte === QUOTE && this.#reads) {
        if (!this.#quoted) {
          if (this.#begins) this.#quoteLine = this.#line;
          this.#quoted = this.#begins;
        } else if (next === QUOTE && at + 1 < to) at++;
        else this.#quoted = next !== delimiter && next !== LF && next !== CR;
        this.#begins = false;
      } else if (!this.#quoted) {
        this.#begins =
          byte === delimiter ||
          (this.#begins && skipInitialSpace === true && isInitialSpace(byte, delimiter));
      }
    }
    this.#at = at;
    return atEnd ? to : -1;
  }

  /** @returns how many bytes of the buffer's start it needs no longer */
  rebase(): number {
    const done = this.#at;
    this.#at = 0;
    return done;
  }
}
