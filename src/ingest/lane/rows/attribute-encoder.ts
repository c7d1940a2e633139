// Encodes the kept columns of a row as the text of a JSON object. It works on bytes, as decoding each value would be too slow.

import { unguardedStart } from '../../read/formula-guard.ts';
import type { KeptColumn } from '../../read/header/match-columns.ts';
import { decodeBreakBytes } from '../../read/text/coded-breaks.ts';
import { setField } from './prepare-row.ts';
import { createRejection } from './rejection.ts';
import { emptyField, type Field, type Rejection, type Row, type RowLayout } from './row.ts';
import { rejectTooLong } from './validate-row.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const CONTROL_END = 0x20;
const INITIAL_BYTES = 4096;
/** Of a byte that is escaped. */
const LONGEST_ESCAPE = 6;
/** The largest object that Postgres stores as jsonb has 2^28 bytes, with eight bytes more for each attribute. */
const MAX_BYTES = 2 ** 28 - 2 ** 20;

const TOO_LARGE =
  'The columns that are kept have too many bytes together to be stored with a product. Shorten their values.';

/** Sets the field to the value of a column. */
export type ReadColumn = (index: number, field: Field) => void;

export class AttributeEncoder {
  readonly #layout: RowLayout;
  readonly #columns: readonly (KeptColumn & { key: Uint8Array })[];
  readonly #hasDoubledQuotes: boolean;
  readonly #value = emptyField();
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  /** @param hasDoubledQuotes whether each quote in a value is doubled */
  constructor(layout: RowLayout, columns: readonly KeptColumn[], hasDoubledQuotes: boolean) {
    this.#layout = layout;
    this.#columns = columns.map((column) => ({
      ...column,
      key: Buffer.from(`${JSON.stringify(column.name)}:"`),
    }));
    this.#hasDoubledQuotes = hasDoubledQuotes;
  }

  /**
   * Sets the attributes of a valid row. Blank columns become none.
   *
   * @param isGuarded whether its values have formula guards
   */
  encode(row: Row, read: ReadColumn, isGuarded: boolean): Rejection | undefined {
    this.#length = 0;
    // A row that is passed over has none.
    for (const { index, key } of row.isSuperseded ? [] : this.#columns) {
      const value = this.#value;
      read(index, value);
      if (isGuarded) value.start = unguardedStart(value.bytes, value.start, value.end);
      if (value.start === value.end) continue;
      if (this.#layout.hasCodedBreaks) {
        setField(value, decodeBreakBytes(value.bytes.subarray(value.start, value.end)));
      }
      const { maxDescriptionLength } = this.#layout;
      if (value.end - value.start > maxDescriptionLength) {
        const length = this.#countCharacters(value);
        if (length > maxDescriptionLength)
          return rejectTooLong(row, this.#layout, 'ATTRIBUTE_TOO_LONG', index, length, maxDescriptionLength);
      }
      this.#reserve(2 + key.length + (value.end - value.start) * LONGEST_ESCAPE + 2);
      this.#bytes[this.#length] = this.#length === 0 ? OPENING : COMMA;
      this.#length++;
      this.#bytes.set(key, this.#length);
      this.#length += key.length;
      this.#append(value);
      this.#bytes[this.#length++] = QUOTE;
      if (this.#length > MAX_BYTES) {
        const { bytes, start, end } = row.record;
        return createRejection(row.line, 'ATTRIBUTE_TOO_LONG', TOO_LARGE, bytes.subarray(start, end));
      }
    }
    if (this.#length > 0) this.#bytes[this.#length++] = CLOSING;
    row.attributes.bytes = this.#bytes;
    row.attributes.start = 0;
    row.attributes.end = this.#length;
    return undefined;
  }

  #append({ bytes, start, end }: Field): void {
    const target = this.#bytes;
    let to = this.#length;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE || byte === BACKSLASH) {
        target[to++] = BACKSLASH;
        target[to++] = byte;
        if (byte === QUOTE && this.#hasDoubledQuotes) at++;
      } else if (byte < CONTROL_END) {
        const escaped = `\\u00${byte.toString(16).padStart(2, '0')}`;
        for (let i = 0; i < escaped.length; i++) target[to++] = escaped.charCodeAt(i);
      } else target[to++] = byte;
    }
    this.#length = to;
  }

  #countCharacters({ bytes, start, end }: Field): number {
    let count = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if ((byte & 0xc0) !== 0x80) count++;
      if (byte === QUOTE && this.#hasDoubledQuotes) at++;
    }
    return count;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
