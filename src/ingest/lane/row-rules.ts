// When a row is taken, and why not. Both parsers ask here, so they cannot differ.

import { isUtf8 } from 'node:buffer';
import { isBlank, MAX_NAME_LENGTH, MAX_SKU_LENGTH } from '../../db/product-rules.ts';
import { RECORD_KEPT_BYTES } from '../../db/rejected-rows.ts';
import { countLineEnds } from '../line-ends.ts';
import type { Field, Rejection, RejectionCode, Row, RowLayout } from './row.ts';

const TAB = 0x09;
const CR = 0x0d;
const SPACE = 0x20;
const ASCII_END = 0x80;
const RECORD_CUT = 'Only the beginning of the record is kept here: repair it in the file itself.';

/** @returns why the row is refused, or undefined when it is a product */
export function judge(row: Row, layout: RowLayout): Rejection | undefined {
  if (row.isPassedOver) return undefined;
  const { sku, name, description } = row;
  if (isBlankField(sku)) return refuse(row, layout, 'BLANK_SKU', layout.skuIndex, 'has no value');
  if (isBlankField(name)) return refuse(row, layout, 'BLANK_NAME', layout.nameIndex, 'has no value');
  if (isLongerThan(sku, MAX_SKU_LENGTH)) {
    return refuse(row, layout, 'SKU_TOO_LONG', layout.skuIndex, tooLong(sku, MAX_SKU_LENGTH));
  }
  if (isLongerThan(name, MAX_NAME_LENGTH)) {
    return refuse(row, layout, 'NAME_TOO_LONG', layout.nameIndex, tooLong(name, MAX_NAME_LENGTH));
  }
  if (isLongerThan(description, layout.maxDescriptionLength)) {
    const message = tooLong(description, layout.maxDescriptionLength);
    return refuse(row, layout, 'DESCRIPTION_TOO_LONG', layout.descriptionIndex, message);
  }
  return undefined;
}

/** @returns why the record's bytes cannot be text in the database, or undefined when they can */
export function judgeBytes(line: number, record: Uint8Array): Rejection | undefined {
  if (record.includes(0)) {
    return reject(
      line,
      'NUL_CHARACTER',
      'The record has a NUL character, which text in the catalogue cannot hold.',
      record,
    );
  }
  if (!isUtf8(record)) {
    const message =
      'The record has bytes that are not UTF-8. If the file has another encoding, name it with the option `encoding`.';
    return reject(line, 'INVALID_UTF8', message, record);
  }
  return undefined;
}

export function rejectFieldCount(line: number, found: number, wanted: number, record: Uint8Array): Rejection {
  const fields = found === 1 ? '1 field' : `${found} fields`;
  const message = `The record has ${fields}, the header has ${wanted}. A delimiter or a line break inside a field needs quotes around it.`;
  return reject(line, 'WRONG_FIELD_COUNT', message, record);
}

/** @param head the beginning of a record that was too long to be read */
export function rejectOversized(line: number, head: Uint8Array, maxRecordBytes: number): Rejection {
  const message = `The record is longer than ${maxRecordBytes} bytes. Shorten it, or raise MAX_RECORD_BYTES on the server.`;
  return reject(line, 'RECORD_TOO_LARGE', message, head);
}

export function reject(
  line: number,
  code: RejectionCode,
  message: string,
  record: Uint8Array,
  column?: string,
): Rejection {
  const cut = record.length > RECORD_KEPT_BYTES || code === 'RECORD_TOO_LARGE';
  return {
    line,
    code,
    column,
    message: cut ? `${message} ${RECORD_CUT}` : message,
    record: record.slice(0, RECORD_KEPT_BYTES),
    lineCount: 1 + countLineEnds(record, 0, record.length),
  };
}

function refuse(row: Row, layout: RowLayout, code: RejectionCode, index: number, fault: string): Rejection {
  const column = layout.columns[index] ?? '';
  const record = row.record.bytes.subarray(row.record.start, row.record.end);
  return reject(row.line, code, `The column "${column}" ${fault}.`, record, column);
}

function tooLong(field: Field, limit: number): string {
  return `has ${characters(field)} characters, more than the ${limit} that are allowed`;
}

function isBlankField({ bytes, start, end }: Field): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= ASCII_END) return isBlank(Buffer.from(bytes.subarray(start, end)).toString());
    if (byte !== SPACE && (byte < TAB || byte > CR)) return false;
  }
  return true;
}

function isLongerThan(field: Field, limit: number): boolean {
  // No character takes less than a byte, so a short field need not be counted.
  return field.end - field.start > limit && characters(field) > limit;
}

function characters({ bytes, start, end }: Field): number {
  let count = 0;
  for (let i = start; i < end; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) count++;
  return count;
}
