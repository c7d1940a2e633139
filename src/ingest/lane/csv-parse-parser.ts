// The parser that asks csv-parse for every record: the reference for the fast one, and the choice of those who
// would rather trust it alone (INGEST_PARSER=csv-parse).

import { parse } from 'csv-parse/sync';
import { afterLineEnd, countLineEnds } from '../line-ends.ts';
import { afterMarks, startsWithMark } from '../marks.ts';
import { endOfRecord } from '../record-boundaries.ts';
import { csvParseOptions } from './csv-parse-options.ts';
import { restoreIssueRow } from './issue-row.ts';
import { inspectQuotes, rejectQuotes } from './quote-errors.ts';
import { type BlockParser, emptyField, emptyRow, type Field, type RowLayout, type RowSink } from './row.ts';
import { fewestFields, judge, judgeBytes, judgeFieldCount, type Verdict } from './row-rules.ts';

interface ParsedRecord {
  record: string[];
  /** `bytes`: where the line after the record begins. */
  info: { bytes: number };
}

/** Some whole records, few enough for csv-parse to make arrays and strings of them all. */
interface Slice {
  end: number;
  /** Whether it is one record of more fields than any header has, which no array need hold. */
  isTooWide: boolean;
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
    this.#fewestFields = fewestFields(layout.columns);
  }

  *parse(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void> {
    let line = firstLine;
    for (const part of betweenMarks(bytes, this.#layout.delimiter)) {
      yield* this.#parsePart(part, line, sink);
      line += countLineEnds(part, 0, part.length);
    }
  }

  *#parsePart(bytes: Uint8Array, firstLine: number, sink: RowSink): Generator<void, void, void> {
    const { delimiter } = this.#layout;
    let line = firstLine;
    let start = 0;
    while (start < bytes.length) {
      const slice = cutSlice(bytes, start, delimiter);
      const parsed = slice.isTooWide ? [] : parseRecords(bytes.subarray(start, slice.end), delimiter);
      const sliceStart = start;
      let next = 0;
      while (start < slice.end) {
        const end = endOfRecord(bytes, start, delimiter);
        const behind = end < bytes.length ? afterLineEnd(bytes, end) : end;
        if (end > start) {
          const candidate = parsed[next];
          const fields =
            candidate && candidate.info.bytes === behind - sliceStart ? candidate.record : undefined;
          if (fields) next++;
          const verdict = this.#judge(bytes.subarray(start, end), fields, line);
          if (verdict === undefined) sink.accept(this.#row);
          else if (verdict !== 'BLANK') {
            sink.reject(verdict);
            if (sink.isFull) yield;
          }
        }
        line += countLineEnds(bytes, start, behind);
        start = behind;
      }
      if (next !== parsed.length) throw new Error('csv-parse and the reader disagree on where records end');
    }
  }

  /** Judges a record; when it is a product, `#row` is it. */
  #judge(record: Uint8Array, fields: string[] | undefined, line: number): Verdict {
    const layout = this.#layout;
    const bad = judgeBytes(line, record, layout.encoding);
    if (bad) return bad;
    if (!fields) {
      const { fault, fields: found } = inspectQuotes(record, layout.delimiter);
      if (fault) return rejectQuotes(line, record, layout.delimiter);
      return judgeFieldCount(line, found, this.#fewestFields, record, layout);
    }
    if (fields.length !== layout.columns.length) {
      const verdict = judgeFieldCount(line, fields.length, this.#fewestFields, record, layout);
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
    return judge(row, layout);
  }
}

function cutSlice(bytes: Uint8Array, start: number, delimiter: number): Slice {
  let end = start;
  for (let records = 0; records < SLICE_RECORDS && end < bytes.length; records++) {
    const recordEnd = endOfRecord(bytes, end, delimiter);
    const behind = recordEnd < bytes.length ? afterLineEnd(bytes, recordEnd) : recordEnd;
    if (behind - start <= SLICE_BYTES) end = behind;
    else if (end > start) break;
    else {
      const { fields } = inspectQuotes(bytes.subarray(start, recordEnd), delimiter);
      return { end: behind, isTooWide: fields > SLICE_BYTES };
    }
  }
  return { end, isTooWide: false };
}

/** Yields the records without what joining files left at the start of some. */
function* betweenMarks(bytes: Uint8Array, delimiter: number): Generator<Uint8Array, void, undefined> {
  let kept = 0;
  for (let start = 0; start < bytes.length; ) {
    if (startsWithMark(bytes, start)) {
      yield bytes.subarray(kept, start);
      start = afterMarks(bytes, start);
      kept = start;
    }
    start = afterLineEnd(bytes, endOfRecord(bytes, start, delimiter));
  }
  yield bytes.subarray(kept);
}

function parseRecords(bytes: Uint8Array, delimiter: number): ParsedRecord[] {
  const options = { ...csvParseOptions(delimiter), info: true, skip_records_with_error: true };
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parse(input, options) as unknown as ParsedRecord[];
}

function setField(field: Field, value: Uint8Array): void {
  field.bytes = value;
  field.start = 0;
  field.end = value.length;
}
