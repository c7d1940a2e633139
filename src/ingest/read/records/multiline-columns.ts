// Finds the columns in which a file has multi-line fields.

import type { ByteDialect } from '../dialect.ts';
import { afterLineEnding, endOfLine } from '../text/line-endings.ts';
import type { FieldCountRange } from './field-count.ts';
import { RecordScanner } from './record-scanner.ts';

/**
 * @param sample bytes of a file, from the start of a record
 * @param toFileEnd whether they extend to the end of the file
 * @returns for each column: 1 if a field of a valid record spans lines
 */
export function findMultilineColumns(
  sample: Uint8Array,
  toFileEnd: boolean,
  dialect: ByteDialect,
  fieldCounts: FieldCountRange,
): Uint8Array {
  const multilineColumns = new Uint8Array(fieldCounts.columns);
  const start = { at: 0, line: 1 };
  const scanner = new RecordScanner({
    dialect,
    fieldCounts,
    multilineColumns,
    maxRecordBytes: sample.length,
    start,
  });
  let error = scanner.scan(sample, sample.length, toFileEnd);
  while (error >= 0) {
    const next = afterLineEnding(sample, endOfLine(sample, error));
    if (next >= sample.length) break;
    scanner.resume({ at: next, line: 1 });
    error = scanner.scan(sample, sample.length, toFileEnd);
  }
  return multilineColumns;
}
