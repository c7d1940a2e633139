// The parser that asks csv-parse for every record: the reference for the fast one, and the choice of those who
// would rather trust it alone (INGEST_PARSER=csv-parse).

import { parse } from 'csv-parse/sync';
import { afterLineEnd, countLineEnds } from '../line-ends.ts';
import { withoutInitialSpaces } from '../line-shape.ts';
import { endOfRecord } from '../record-boundaries.ts';
import { csvParseOptions } from './csv-parse-options.ts';
import { rejectQuotes } from './quote-errors.ts';
import {
  type BlockParser,
  emptyRow,
  type Field,
  type Rejection,
  type RowLayout,
  type RowSink,
} from './row.ts';
import { judge, judgeBytes, rejectFieldCount } from './row-rules.ts';

interface ParsedRecord {
  record: string[];
  /** `bytes`: where the line after the record begins. */
  info: { bytes: number };
}

export class CsvParseParser implements BlockParser {
  readonly #layout: RowLayout;
  readonly #row = emptyRow();

  constructor(layout: RowLayout) {
    this.#layout = layout;
  }

  parse(bytes: Uint8Array, firstLine: number, sink: RowSink): void {
    const layout = this.#layout;
    const parsed = parseRecords(bytes, layout);
    let next = 0;
    let skipped = 0;
    let line = firstLine;
    let start = 0;
    while (start < bytes.length) {
      const end = endOfRecord(bytes, start, layout);
      const behind = end < bytes.length ? afterLineEnd(bytes, end) : end;
      if (end > start) {
        if (layout.skipInitialSpace) skipped += end - start - withoutInitialSpaces(bytes, start, end, layout).length;
        const candidate = parsed[next];
        const fields = candidate && candidate.info.bytes === behind - skipped ? candidate.record : undefined;
        if (fields) next++;
        const rejection = this.#judge(bytes.subarray(start, end), fields, line);
        if (rejection) sink.reject(rejection);
        else sink.accept(this.#row);
      }
      line += countLineEnds(bytes, start, behind);
      start = behind;
    }
    if (next !== parsed.length) throw new Error('csv-parse and the reader disagree on where records end');
  }

  /** Judges a record; when it is a product, `#row` is it. */
  #judge(record: Uint8Array, fields: string[] | undefined, line: number): Rejection | undefined {
    const layout = this.#layout;
    const bad = judgeBytes(line, record);
    if (bad) return bad;
    if (!fields) return rejectQuotes(line, record, layout);
    if (fields.length !== layout.columns.length) {
      return rejectFieldCount(line, fields.length, layout.columns.length, record);
    }
    const row = this.#row;
    row.line = line;
    setField(row.record, record);
    setField(row.sku, Buffer.from(fields[layout.skuIndex] ?? '', 'latin1'));
    setField(row.name, Buffer.from(fields[layout.nameIndex] ?? '', 'latin1'));
    setField(row.description, Buffer.from(fields[layout.descriptionIndex] ?? '', 'latin1'));
    return judge(row, layout);
  }
}

function parseRecords(bytes: Uint8Array, layout: RowLayout): ParsedRecord[] {
  const options = { ...csvParseOptions(layout), info: true, skip_records_with_error: true };
  const input = layout.skipInitialSpace
    ? withoutInitialSpaces(bytes, 0, bytes.length, layout)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parse(input, options) as unknown as ParsedRecord[];
}

function setField(field: Field, value: Uint8Array): void {
  field.bytes = value;
  field.start = 0;
  field.end = value.length;
}
