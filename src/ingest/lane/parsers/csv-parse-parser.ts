// The parser that asks csv-parse for every record: the reference for the fast one, and the choice of those who
// would rather trust it alone (INGEST_PARSER=csv-parse).

import { parse } from 'csv-parse/sync';
import { csvParseOptions } from '../../read/csv-parse-options.ts';
import { minFieldCount } from '../../read/records/field-count.ts';
import { endOfRecord } from '../../read/records/record-scanner.ts';
import { scanLine, stripInitialSpaces } from '../../read/records/scan-line.ts';
import { skipBomsAndCtrlZ, startsWithBomOrCtrlZ } from '../../read/text/bom-and-ctrl-z.ts';
import { afterLineEnding, countLineEndings, endOfLine } from '../../read/text/line-endings.ts';
import { restoreIssueRow } from '../rows/issue-row.ts';
import { rejectQuotes } from '../rows/reject-quotes.ts';
import {
  type BlockParser,
  emptyField,
  emptyRow,
  type Field,
  type RowLayout,
  type RowSink,
} from '../rows/row.ts';
import { type RowResult, validateBytes, validateFieldCount, validateRow } from '../rows/validate-row.ts';

interface ParsedRecord {
  record: string[];
  /** `bytes`: where the line after the record begins. */
  info: { bytes: number };
}

/** Some whole records, few enough for csv-parse to make arrays and strings of them all. */
interface Slice {
  end: number;
  /** Of a single record that is longer than a slice: its fields, where they are more than any header has. */
  tooManyFields: number | undefined;
}

/** More than any header has, so that what has more fields than that has too many. */
const SLICE_BYTES = 128 * 1024;
const SLICE_RECORDS = 1000;

export class CsvParseParser implements BlockParser {
  readonly #layout: RowLayout;
  readonly #row = emptyRow();
  readonly #code = emptyField();
  readonly #fewestFields: number;

  constructor(layout: RowLayout) {
    this.#layout = layout;
    this.#fewestFields = minFieldCount(layout.columns);
  }

  *parse(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void> {
    let line = firstLine;
    for (const part of betweenMarks(bytes, this.#layout)) {
      yield* this.#parsePart(part, line, sink);
      line += countLineEndings(part, 0, part.length);
    }
  }

  *#parsePart(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void> {
    const layout = this.#layout;
    let line = firstLine;
    let start = 0;
    while (start < bytes.length) {
      const slice = cutSlice(bytes, start, layout);
      const parsed = slice.tooManyFields ? [] : parseRecords(bytes.subarray(start, slice.end), layout);
      let next = 0;
      /** Bytes that csv-parse was not given: the slices before, and spaces. */
      let skipped = start;
      while (start < slice.end) {
        const end = endOfRecord(bytes, start, layout);
        const behind = end < bytes.length ? afterLineEnding(bytes, end) : end;
        if (end > start) {
          const kept = layout.skipInitialSpace
            ? stripInitialSpaces(bytes, start, end, layout).length
            : end - start;
          skipped += end - start - kept;
          const candidate = parsed[next];
          const isNext = candidate?.info.bytes === behind - skipped;
          if (isNext) next++;
          // Nothing but spaces that are skipped is a blank line to csv-parse.
          const fields = isNext ? candidate?.record : kept === 0 ? [''] : undefined;
          const record = bytes.subarray(start, end);
          const verdict = this.#judge(record, fields, line, slice.tooManyFields);
          if (verdict === undefined) sink.accept(this.#row);
          else if (verdict !== 'BLANK') {
            sink.reject(verdict);
            if (sink.isFull) yield;
          }
        }
        line += countLineEndings(bytes, start, behind);
        start = behind;
      }
      if (next !== parsed.length) throw new Error('csv-parse and the reader disagree on where records end');
    }
  }

  /**
   * Judges a record; when it is a product, `#row` is it.
   *
   * @param tooMany how many fields it has, if csv-parse was not asked for them
   */
  #judge(
    record: Uint8Array,
    fields: string[] | undefined,
    line: number,
    tooMany: number | undefined,
  ): RowResult {
    const layout = this.#layout;
    const bad = validateBytes(line, record, layout.encoding);
    if (bad) return bad;
    if (tooMany) return validateFieldCount(line, tooMany, this.#fewestFields, record, layout);
    if (!fields) return rejectQuotes(line, record, layout);
    if (fields.length !== layout.columns.length) {
      const verdict = validateFieldCount(line, fields.length, this.#fewestFields, record, layout);
      if (verdict !== undefined) return verdict;
    }
    const row = this.#row;
    row.line = line;
    setField(row.record, record);
    setField(row.sku, Buffer.from(fields[layout.skuIndex] ?? '', 'latin1'));
    setField(row.name, Buffer.from(fields[layout.nameIndex] ?? '', 'latin1'));
    setField(row.description, Buffer.from(fields[layout.descriptionIndex] ?? '', 'latin1'));
    if (layout.issueCodeIndex !== undefined) {
      setField(this.#code, Buffer.from(fields[layout.issueCodeIndex] ?? '', 'latin1'));
      restoreIssueRow(row, this.#code);
    }
    return validateRow(row, layout);
  }
}

function cutSlice(bytes: Uint8Array, start: number, layout: RowLayout): Slice {
  let end = start;
  for (let records = 0; records < SLICE_RECORDS && end < bytes.length; records++) {
    const recordEnd = endOfRecord(bytes, end, layout);
    const behind = recordEnd < bytes.length ? afterLineEnding(bytes, recordEnd) : recordEnd;
    if (behind - start <= SLICE_BYTES) end = behind;
    else if (end > start) break;
    else {
      const fields = countFields(bytes.subarray(start, recordEnd), layout);
      return { end: behind, tooManyFields: fields > SLICE_BYTES ? fields : undefined };
    }
  }
  return { end, tooManyFields: undefined };
}

/** @returns how many fields the record has; 0 when its quotes have a fault */
function countFields(record: Uint8Array, layout: RowLayout): number {
  let fields = 1;
  let inside = false;
  for (let from = 0; from < record.length; ) {
    const to = endOfLine(record, from);
    const { end, delimiters } = scanLine(record, from, to, layout, inside);
    if (end === 'fault') return 0;
    fields += delimiters;
    inside = end === 'inside';
    from = afterLineEnding(record, to);
  }
  return inside ? 0 : fields;
}

/** Yields the records without what joining files left at the start of some. */
function* betweenMarks(bytes: Uint8Array, layout: RowLayout): Generator<Uint8Array, void, undefined> {
  let kept = 0;
  for (let start = 0; start < bytes.length; ) {
    if (startsWithBomOrCtrlZ(bytes, start)) {
      yield bytes.subarray(kept, start);
      start = skipBomsAndCtrlZ(bytes, start);
      kept = start;
    }
    start = afterLineEnding(bytes, endOfRecord(bytes, start, layout));
  }
  yield bytes.subarray(kept);
}

function parseRecords(bytes: Uint8Array, layout: RowLayout): ParsedRecord[] {
  const options = { ...csvParseOptions(layout), info: true, skip_records_with_error: true };
  const input = layout.skipInitialSpace
    ? stripInitialSpaces(bytes, 0, bytes.length, layout)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parse(input, options) as unknown as ParsedRecord[];
}

function setField(field: Field, value: Uint8Array): void {
  field.bytes = value;
  field.start = 0;
  field.end = value.length;
}
