// Creates rejections of records.

import type { RejectionCode } from '../../../codes/row-issue-codes.ts';
import { RECORD_KEPT_BYTES } from '../../../db/imports/rejected-rows.ts';
import { countLineEndings } from '../../read/text/line-endings.ts';
import type { Rejection } from './row.ts';

const TRUNCATED = 'Only the start of the record is kept here: repair it in the file itself.';

export function createRejection(
  line: number,
  code: RejectionCode,
  message: string,
  record: Uint8Array,
  column?: string,
  lineCount = 1 + countLineEndings(record, 0, record.length),
): Rejection {
  const parts = [message];
  if (lineCount > 1) parts.push(`The record spans ${lineCount} lines.`);
  const isTruncated = record.length > RECORD_KEPT_BYTES || code === 'RECORD_TOO_LARGE';
  if (isTruncated) parts.push(TRUNCATED);
  return {
    line,
    code,
    column,
    message: parts.join(' '),
    record: record.slice(0, RECORD_KEPT_BYTES),
    lineCount,
  };
}

/** @param head the start of a record that was too long to be read */
export function rejectOversized(
  line: number,
  lineCount: number,
  head: Uint8Array,
  maxRecordBytes: number,
): Rejection {
  const message = `The record is longer than ${maxRecordBytes} bytes. Shorten it, or raise MAX_RECORD_BYTES on the server.`;
  return createRejection(line, 'RECORD_TOO_LARGE', message, head, undefined, lineCount);
}
