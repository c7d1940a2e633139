// Encodes the rows of one partition for COPY … (FORMAT binary).
//
// In the binary format values have a length, so nothing in a file (a backslash, a tab, `\.` alone on a line) has a special
// meaning.

import type { StagedColumns } from '../../../db/imports/staging.ts';
import { freeChunk } from '../../../memory/free-chunk.ts';
import type { Field, Row } from '../rows/row.ts';

/** "PGCOPY\n\xff\r\n\0", no flags, no header extension. */
const HEADER = Uint8Array.from([
  0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
]);
const TRAILER = Uint8Array.from([0xff, 0xff]);
/** Field count, line (length and int8), the lengths of five values, a version, and two booleans with their lengths. */
const ROW_OVERHEAD = 2 + 12 + 5 * 4 + 1 + 2 * 5;
/** Of jsonb in the binary format. */
const JSONB_VERSION = 1;
const NULL_LENGTH = -1;
const LINE_BYTES = 8;
const TWO_POW_32 = 2 ** 32;
/** From this length on, `set` is faster than a loop. */
const LONG_VALUE = 64;

/** Memory of a buffer, in bytes. */
export interface BufferSizes {
  firstBytes: number;
  /** It doubles up to this; beyond it, it grows by what is needed. */
  fullBytes: number;
  /** The most that it keeps while it is empty. */
  keptBytes: number;
}

export class StagingBuffer implements Disposable {
  readonly #columns: StagedColumns;
  readonly #fieldCount: number;
  readonly #sizes: BufferSizes;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** A recycled buffer, to be reused. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  rows = 0;

  constructor(columns: StagedColumns, sizes: BufferSizes) {
    this.#columns = columns;
    this.#sizes = sizes;
    this.#bytes = new Uint8Array(sizes.firstBytes);
    this.#fieldCount = 5 + Object.values(columns).filter(Boolean).length;
    this.#begin();
  }

  get byteLength(): number {
    return this.#length;
  }

  /** @param mayRepeat whether another row of the file may have the same SKU, or the row is superseded already */
  append(row: Row, mayRepeat: boolean): void {
    const { withAttributes, withRecord, withSuperseded } = this.#columns;
    const { sku, name, description, record, attributes } = row;
    const size =
      ROW_OVERHEAD +
      length(sku) +
      length(name) +
      length(description) +
      (withAttributes ? length(attributes) : 0) +
      (withRecord ? length(record) : 0);
    this.#reserve(size);
    this.#int16(this.#fieldCount);
    this.#int32(LINE_BYTES);
    this.#int32(Math.floor(row.line / TWO_POW_32));
    this.#int32(row.line >>> 0);
    this.#boolean(mayRepeat);
    this.#value(sku);
    this.#value(name);
    this.#value(description);
    if (withAttributes) this.#json(attributes);
    if (withRecord) this.#value(record);
    if (withSuperseded) this.#boolean(row.isSuperseded);
    this.rows++;
  }

  /** Empties the buffer. @returns data for one COPY; pass it to `recycle` afterwards */
  take(): Uint8Array<ArrayBuffer> {
    this.#reserve(TRAILER.length);
    this.#bytes.set(TRAILER, this.#length);
    const data = this.#bytes.subarray(0, this.#length + TRAILER.length);
    this.#bytes = this.#spare ?? new Uint8Array(Math.min(this.#bytes.length, this.#sizes.keptBytes));
    this.#spare = undefined;
    this.#begin();
    return data;
  }

  /** @param data from `take`, no longer in use */
  recycle(data: Uint8Array<ArrayBuffer>): void {
    const bytes = new Uint8Array(data.buffer);
    if (bytes.length <= this.#sizes.keptBytes) this.#spare = bytes;
    else freeChunk(bytes);
  }

  /** Frees its memory. Do not use it any more. */
  [Symbol.dispose](): void {
    freeChunk(this.#bytes);
    if (this.#spare) freeChunk(this.#spare);
    this.#spare = undefined;
  }

  #begin(): void {
    this.#bytes.set(HEADER);
    this.#length = HEADER.length;
    this.rows = 0;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, Math.min(this.#bytes.length * 2, this.#sizes.fullBytes)));
    grown.set(this.#bytes.subarray(0, this.#length));
    freeChunk(this.#bytes);
    this.#bytes = grown;
  }

  #int16(value: number): void {
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  #int32(value: number): void {
    this.#bytes[this.#length++] = value >>> 24;
    this.#bytes[this.#length++] = value >>> 16;
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  #boolean(value: boolean): void {
    this.#int32(1);
    this.#bytes[this.#length++] = value ? 1 : 0;
  }

  #json({ bytes, start, end }: Field): void {
    this.#int32(start === end ? NULL_LENGTH : 1 + end - start);
    if (start === end) return;
    this.#bytes[this.#length++] = JSONB_VERSION;
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  #value({ bytes, start, end }: Field): void {
    this.#int32(end - start);
    const target = this.#bytes;
    let to = this.#length;
    if (end - start < LONG_VALUE) for (let i = start; i < end; i++) target[to++] = bytes[i] as number;
    else target.set(bytes.subarray(start, end), to);
    this.#length += end - start;
  }
}

function length(field: Field): number {
  return field.end - field.start;
}
