// A parser that uses csv-parse: the reference for the fast parser, and an alternative to it (INGEST_PARSER=csv-parse).

import { parse } from 'csv-parse/sync';
import { csvParseOptions } from '../../read/csv-parse-options.ts';
import { endOfRecord, stripInitialSpaces } from '../../read/records/end-of-record.ts';
import { minFieldCount } from '../../read/records/field-count.ts';
import { scanLine } from '../../read/records/scan-line.ts';
import { skipBomsAndCtrlZ, startsWithBomOrCtrlZ } from '../../read/text/bom-and-ctrl-z.ts';
import { afterLineEnding, countLineEndings, endOfLine } from '../../read/text/line-endings.ts';
import { AttributeEncoder } from '../rows/attribute-encoder.ts';
import { restoreIssueRow } from '../rows/issue-row.ts';
import { rowPreparation, setField } from '../rows/prepare-row.ts';
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

interface ParsedRecord {
  record: string[];
  /** `bytes`: offset of the line after the record. */
  info: { bytes: number };
}

/** Consecutive whole records, few enough for csv-parse to hold all their strings in memory. */
interface Slice {
  end: number;
  /** For a single record that is longer than a slice: its number of fields, if no header has so many. */
  tooManyFields: number | undefined;
}

/** No header has as many columns as a slice has bytes. */
const SLICE_BYTES = 128 * 1024;
const SLICE_RECORDS = 1000;

export class CsvParseParser implements BlockParser {
  readonly #layout: RowLayout;
  readonly #row = emptyRow();
  readonly #code = emptyField();
  readonly #fewestFields: number;
  readonly #prepare: ((row: Row) => void) | undefined;
  readonly #isHeader: (row: Row) => boolean;
  /** Undefined if no columns are kept. */
  readonly #attributes: AttributeEncoder | undefined;

  constructor(layout: RowLayout) {
    this.#layout = layout;
    this.#fewestFields = minFieldCount(layout.columns);
    this.#prepare = rowPreparation(layout);
    this.#isHeader = headerCheck(layout);
    const { keptColumns } = layout;
    this.#attributes = keptColumns && new AttributeEncoder(layout, keptColumns, false);
  }

  *parse(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void> {
    let line = firstLine;
    for (const part of withoutMarks(bytes, this.#layout)) {
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
      /** Bytes that csv-parse does not see: earlier slices, initial spaces, and then blank lines. */
      let skipped = start;
      while (start < slice.end) {
        const end = endOfRecord(bytes, start, layout);
        const following = end < bytes.length ? afterLineEnding(bytes, end) : end;
        if (end > start) {
          const kept = layout.skipInitialSpace
            ? stripInitialSpaces(bytes, start, end, layout).length
            : end - start;
          skipped += (kept === 0 ? following : end) - start - kept;
          const candidate = parsed[next];
          const isNext = kept > 0 && candidate?.info.bytes === following - skipped;
          if (isNext) next++;
          // A record of initial spaces alone is not passed to csv-parse.
          const fields = isNext ? candidate?.record : kept === 0 ? [''] : undefined;
          const record = bytes.subarray(start, end);
          const result = this.#validate(record, fields, line, slice.tooManyFields);
          if (result === undefined) sink.accept(this.#row);
          else if (result !== 'BLANK') sink.reject(result);
          if (sink.isFull) yield;
        } else if (layout.skipInitialSpace) skipped += following - start;
        line += countLineEndings(bytes, start, following);
        start = following;
      }
      if (next !== parsed.length) throw new Error('csv-parse and the scanner disagree on record boundaries');
    }
  }

  /**
   * Validates a record. If it is valid, it is in `#row`.
   *
   * @param tooMany its number of fields, if it was not passed to csv-parse
   */
  #validate(
    record: Uint8Array,
    fields: string[] | undefined,
    line: number,
    tooMany: number | undefined,
  ): RowResult {
    const layout = this.#layout;
    const invalid = validateBytes(line, record, layout.encoding);
    if (invalid) return invalid;
    if (tooMany) return validateFieldCount(line, tooMany, this.#fewestFields, record, layout);
    if (!fields) return rejectQuotes(line, record, layout);
    if (fields.length !== layout.columns.length) {
      const result = validateFieldCount(line, fields.length, this.#fewestFields, record, layout);
      if (result !== undefined) return result;
    }
    const row = this.#row;
    row.line = line;
    setField(row.record, record);
    setField(row.sku, Buffer.from(fields[layout.skuIndex] ?? '', 'latin1'));
    setField(row.name, Buffer.from(fields[layout.nameIndex] ?? '', 'latin1'));
    setField(row.description, Buffer.from(fields[layout.descriptionIndex] ?? '', 'latin1'));
    let isGuarded = false;
    if (layout.issueCodeIndex !== undefined) {
      setField(this.#code, Buffer.from(fields[layout.issueCodeIndex] ?? '', 'latin1'));
      isGuarded = restoreIssueRow(row, this.#code);
    }
    this.#prepare?.(row);
    const result = validateRow(row, layout, this.#isHeader);
    if (result !== undefined || this.#attributes === undefined) return result;
    const read = (index: number, field: Field) => setField(field, Buffer.from(fields[index] ?? '', 'latin1'));
    return this.#attributes.encode(row, read, isGuarded);
  }
}

function cutSlice(bytes: Uint8Array, start: number, layout: RowLayout): Slice {
  let end = start;
  for (let records = 0; records < SLICE_RECORDS && end < bytes.length; records++) {
    const recordEnd = endOfRecord(bytes, end, layout);
    const following = recordEnd < bytes.length ? afterLineEnding(bytes, recordEnd) : recordEnd;
    if (following - start <= SLICE_BYTES) end = following;
    else if (end > start) break;
    else {
      const fields = countFields(bytes.subarray(start, recordEnd), layout);
      return { end: following, tooManyFields: fields > SLICE_BYTES ? fields : undefined };
    }
  }
  return { end, tooManyFields: undefined };
}

/** @returns the number of fields; 0 if the quotes are not well-formed */
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

/** Yields the bytes between the marks that concatenating files leaves at the start of some records. */
function* withoutMarks(bytes: Uint8Array, layout: RowLayout): Generator<Uint8Array, void, undefined> {
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
    ? withoutInitialSpaces(bytes, layout)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parse(input, options) as unknown as ParsedRecord[];
}

/** Blank lines are left out, too: between a CR and an LF they would make one line ending of the two. */
function withoutInitialSpaces(bytes: Uint8Array, layout: RowLayout): Buffer {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = endOfRecord(bytes, start, layout);
    const following = end < bytes.length ? afterLineEnding(bytes, end) : end;
    const record = stripInitialSpaces(bytes, start, end, layout);
    if (record.length > 0) pieces.push(record, bytes.subarray(end, following));
    start = following;
  }
  return Buffer.concat(pieces);
}
