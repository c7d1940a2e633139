// Parses a block. Its damaged and oversized records are rejected without parsing.

import type { RecordBlock } from '../../read/records/block-splitter.ts';
import { rejectQuotes } from '../rows/reject-quotes.ts';
import { rejectOversized } from '../rows/rejection.ts';
import type { BlockParser, RowLayout, RowSink } from '../rows/row.ts';
import { validateBytes } from '../rows/validate-record.ts';

const CR = 0x0d;
const LF = 0x0a;

/** Yields when the sink is full; continue once it was emptied. */
export function* parseBlock(
  { bytes, firstLine, damaged, oversized }: RecordBlock,
  parser: BlockParser,
  layout: RowLayout,
  maxRecordBytes: number,
  sink: RowSink,
): Generator<void, void, void> {
  for (const { line, lineCount, head } of oversized) {
    sink.reject(rejectOversized(line, lineCount, head, maxRecordBytes));
    if (sink.isFull) yield;
  }
  let start = 0;
  let line = firstLine;
  for (const one of damaged) {
    if (one.start > start) yield* parser.parse(bytes.subarray(start, one.start), line, sink);
    const record = withoutLineEnd(bytes.subarray(one.start, one.end));
    if (one.end - one.start > maxRecordBytes)
      sink.reject(rejectOversized(one.line, one.lineCount, record, maxRecordBytes));
    else
      sink.reject(validateBytes(one.line, record, layout.encoding) ?? rejectQuotes(one.line, record, layout));
    if (sink.isFull) yield;
    start = one.end;
    line = one.line + one.lineCount;
  }
  if (start < bytes.length) yield* parser.parse(bytes.subarray(start), line, sink);
}

function withoutLineEnd(record: Uint8Array): Uint8Array {
  let end = record.length;
  if (record[end - 1] === LF) end--;
  if (record[end - 1] === CR) end--;
  return record.subarray(0, end);
}
