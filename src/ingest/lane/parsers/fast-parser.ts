// The fast parser: a single pass over the bytes of well-formed records. Any other record is rejected. A property test shows
// that it agrees with csv-parse on any input.

import { isUtf8 } from 'node:buffer';
import { endOfRecord } from '../../read/records/end-of-record.ts';
import { minFieldCount } from '../../read/records/field-count.ts';
import { isInitialSpace } from '../../read/records/scan-line.ts';
import { skipBomsAndCtrlZ, startsWithBomOrCtrlZ } from '../../read/text/bom-and-ctrl-z.ts';
import { afterLineEnding, countLineEndings } from '../../read/text/line-endings.ts';
import { AttributeEncoder, type ReadColumn } from '../rows/attribute-encoder.ts';
import { restoreIssueRow } from '../rows/issue-row.ts';
import { rowPreparation } from '../rows/prepare-row.ts';
import { rejectQuotes } from '../rows/reject-quotes.ts';
import {
  type BlockParser,
  emptyField,
  emptyRow,
  type Field,
  type Row,
  type RowLayout,
  type RowResult,
  type RowSink,
} from '../rows/row.ts';
import { validateBytes, validateFieldCount } from '../rows/validate-record.ts';
import { headerCheck, validateRow } from '../rows/validate-row.ts';

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const NO_BYTE = -1;

export class FastParser implements BlockParser {
  readonly #layout: RowLayout;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #row = emptyRow();
  readonly #code = emptyField();
  readonly #fewestFields: number;
  readonly #prepare: ((row: Row) => void) | undefined;
  readonly #isHeader: (row: Row) => boolean;
  /** Undefined if no columns are kept. */
  readonly #attributes: AttributeEncoder | undefined;
  /** Bits of the fields that have doubled quotes: sku 1, name 2, description 4. */
  #escaped = 0;
  /** Number of line endings inside the quotes of the current record. */
  #innerLines = 0;
  /** End of the current record, without its line ending. */
  #recordEnd = 0;

  constructor(layout: RowLayout) {
    this.#layout = layout;
    this.#fewestFields = minFieldCount(layout.columns);
    this.#prepare = rowPreparation(layout);
    this.#isHeader = headerCheck(layout);
    const { keptColumns, quoting } = layout;
    this.#attributes = keptColumns && new AttributeEncoder(layout, keptColumns, quoting !== 'NONE');
    this.#starts = new Uint32Array(layout.columns.length);
    this.#ends = new Uint32Array(layout.columns.length);
  }

  *parse(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void> {
    const isClean = isUtf8(bytes) && !bytes.includes(0);
    const end = bytes.length;
    let line = firstLine;
    let start = 0;
    while (start < end) {
      if (startsWithBomOrCtrlZ(bytes, start)) start = skipBomsAndCtrlZ(bytes, start);
      const fields = this.#scan(bytes, start);
      const recordEnd = fields < 0 ? endOfRecord(bytes, start, this.#layout) : this.#recordEnd;
      if (recordEnd > start) {
        const result = this.#validate(bytes, start, recordEnd, fields, line, isClean);
        if (result === undefined) sink.accept(this.#row);
        else if (result !== 'BLANK') sink.reject(result);
        if (sink.isFull) yield;
      }
      line += fields < 0 ? countLineEndings(bytes, start, recordEnd) : this.#innerLines;
      if (recordEnd < end) line++;
      start = afterLineEnding(bytes, recordEnd);
    }
  }

  /** Validates the record that was just scanned. If it is valid, it is in `#row`. */
  #validate(
    bytes: Uint8Array,
    start: number,
    end: number,
    fields: number,
    line: number,
    isClean: boolean,
  ): RowResult {
    const layout = this.#layout;
    const invalid = isClean ? undefined : validateBytes(line, bytes.subarray(start, end), layout.encoding);
    if (invalid) return invalid;
    if (fields < 0) return rejectQuotes(line, bytes.subarray(start, end), layout);
    if (fields !== layout.columns.length) {
      const record = bytes.subarray(start, end);
      const result = validateFieldCount(line, fields, this.#fewestFields, record, layout);
      if (result !== undefined) return result;
    }
    const row = this.#row;
    row.line = line;
    row.record.bytes = bytes;
    row.record.start = start;
    row.record.end = end;
    this.#fill(row.sku, bytes, layout.skuIndex, 1);
    this.#fill(row.name, bytes, layout.nameIndex, 2);
    this.#fill(row.description, bytes, layout.descriptionIndex, 4);
    let isGuarded = false;
    if (layout.issueCodeIndex !== undefined) {
      this.#fill(this.#code, bytes, layout.issueCodeIndex, 0);
      isGuarded = restoreIssueRow(row, this.#code);
    }
    this.#prepare?.(row);
    const result = validateRow(row, layout, this.#isHeader);
    if (result !== undefined || this.#attributes === undefined) return result;
    return this.#attributes.encode(row, this.#readColumn, isGuarded);
  }

  /** With its doubled quotes. */
  readonly #readColumn: ReadColumn = (index, field) => {
    field.bytes = this.#row.record.bytes;
    field.start = this.#starts[index] ?? 0;
    field.end = this.#ends[index] ?? 0;
  };

  #fill(field: Field, bytes: Uint8Array, index: number, bit: number): void {
    field.bytes = bytes;
    // Without such a column, the field gets its default.
    field.start = this.#starts[index] ?? 0;
    field.end = this.#ends[index] ?? 0;
    if (this.#escaped & bit) undouble(field);
  }

  /**
   * Scans the record at `start`.
   *
   * @returns the number of fields, or -1 if its quotes are not well-formed
   */
  #scan(bytes: Uint8Array, start: number): number {
    const { delimiter, skipInitialSpace, columns, skuIndex, nameIndex, descriptionIndex } = this.#layout;
    const quote = this.#layout.quoting === 'NONE' ? NO_BYTE : QUOTE;
    const starts = this.#starts;
    const ends = this.#ends;
    const wanted = columns.length;
    const end = bytes.length;
    let fields = 0;
    let innerLines = 0;
    let at = start;
    this.#escaped = 0;
    for (;;) {
      if (skipInitialSpace) while (at < end && isInitialSpace(bytes[at] as number, delimiter)) at++;
      let from = at;
      let to: number;
      if (at < end && bytes[at] === quote) {
        from = ++at;
        let doubled = false;
        for (;;) {
          if (at >= end) return -1;
          const byte = bytes[at] as number;
          if (byte === QUOTE) {
            if (bytes[at + 1] !== QUOTE) break;
            doubled = true;
            at += 2;
            continue;
          }
          if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) innerLines++;
          at++;
        }
        to = at++;
        if (doubled) {
          if (fields === skuIndex) this.#escaped |= 1;
          else if (fields === nameIndex) this.#escaped |= 2;
          else if (fields === descriptionIndex) this.#escaped |= 4;
        }
      } else {
        for (; at < end; at++) {
          const byte = bytes[at] as number;
          if (byte === delimiter || byte === LF || byte === CR) break;
          if (byte === quote) return -1;
        }
        to = at;
      }
      if (fields < wanted) {
        starts[fields] = from;
        ends[fields] = to;
      }
      fields++;
      if (at >= end) break;
      const byte = bytes[at] as number;
      if (byte === delimiter) at++;
      else if (byte === LF || byte === CR) break;
      else return -1;
    }
    this.#innerLines = innerLines;
    this.#recordEnd = at;
    return fields;
  }
}

function undouble(field: Field): void {
  const { bytes, start, end } = field;
  const value = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    value[length++] = byte;
    if (byte === QUOTE) i++;
  }
  field.bytes = value;
  field.start = 0;
  field.end = length;
}
