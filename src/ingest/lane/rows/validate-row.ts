// When a row is taken, and why not. Both parsers ask here, so they cannot differ.

import { isUtf8 } from 'node:buffer';
import type { RejectionCode } from '../../../codes/row-issue-codes.ts';
import { isBlank, MAX_NAME_LENGTH, MAX_SKU_LENGTH, trimBlank } from '../../../db/catalogue/product-rules.ts';
import { RECORD_KEPT_BYTES } from '../../../db/imports/rejected-rows.ts';
import { isInitialSpace } from '../../read/records/scan-line.ts';
import type { FileEncoding } from '../../read/text/decode-text.ts';
import { countLineEndings } from '../../read/text/line-endings.ts';
import type { Field, Rejection, Row, RowLayout } from './row.ts';

const QUOTE = 0x22;
const SPACE = 0x20;
const DELETE = 0x7f;
const ASCII_END = 0x80;
const PLUS = 0x2b;
const ROUNDED = /^-?\d([.,]\d+)?E\+\d\d$/i;
const SHORTEST_ROUNDED = '1E+12'.length;
const HEADER_AGAIN =
  'The record is the header again, as in files that were joined. Nothing is lost: leave it out, or send each file by itself.';
const RECORD_CUT = 'Only the beginning of the record is kept here: repair it in the file itself.';

const QUOTES_NEEDED = 'A delimiter or a line break inside a field needs quotes around it.';
const TYPOGRAPHIC = 'Typographic quotes (“ ”) are text, and hold no field together: write " in their place.';
const OPENING = ['“', '”', '„'].map((text) => Buffer.from(text));

/** What a record is: rejected, nothing at all, or, if undefined, a row. */
export type RowResult = Rejection | 'BLANK' | undefined;

/** @returns why the row is refused, or undefined when it is a product */
export function validateRow(row: Row, layout: RowLayout): RowResult {
  if (row.isSuperseded) return undefined;
  const { sku, name, description } = row;
  if (isBlankField(sku)) {
    if (isBlankRecord(recordOf(row), layout)) return 'BLANK';
    return refuse(row, layout, 'BLANK_SKU', layout.skuIndex, 'has no value');
  }
  if (isBlankField(name)) return refuse(row, layout, 'BLANK_NAME', layout.nameIndex, 'has no value');
  if (reads(sku, 'sku') && reads(name, 'name') && reads(description, 'description')) {
    return createRejection(row.line, 'REPEATED_HEADER', HEADER_AGAIN, recordOf(row));
  }
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
export function validateBytes(
  line: number,
  record: Uint8Array,
  encoding: FileEncoding | undefined,
): Rejection | undefined {
  if (record.includes(0)) {
    return createRejection(
      line,
      'NUL_CHARACTER',
      'The record has a NUL character, which text in the catalogue cannot hold.',
      record,
    );
  }
  if (!isUtf8(record)) {
    const { name = 'utf-8', isMarked = false } = encoding ?? {};
    const fault = `The record has bytes that are not ${name === 'utf-8' ? 'UTF-8' : name}.`;
    // A byte order mark counts more than the option.
    const advice = isMarked
      ? 'Correct them in the file.'
      : 'If the file has another encoding, name it with the option `encoding`; else correct them in the file.';
    return createRejection(
      line,
      name === 'utf-8' ? 'INVALID_UTF8' : 'INVALID_ENCODING',
      `${fault} ${advice}`,
      record,
    );
  }
  return undefined;
}

/**
 * Judges a record with another number of fields than the header. A delimiter at the end is nothing, be it in the record
 * or in the header alone.
 *
 * @param found how many fields it has
 * @param fewest how many it needs
 */
export function validateFieldCount(
  line: number,
  found: number,
  fewest: number,
  record: Uint8Array,
  layout: RowLayout,
): RowResult {
  const wanted = layout.columns.length;
  if (found >= fewest && found < wanted) return undefined;
  if (found === wanted + 1 && endsWithEmptyField(record, layout)) return undefined;
  if (isBlankRecord(record, layout)) return 'BLANK';
  const fields = found === 1 ? '1 field' : `${found} fields`;
  const message = `The record has ${fields}, the header has ${wanted}. ${hasTypographicQuotes(record, layout) ? TYPOGRAPHIC : QUOTES_NEEDED}`;
  return createRejection(line, 'WRONG_FIELD_COUNT', message, record);
}

/** Whether a field begins with quotes as word processors write them. */
function hasTypographicQuotes(record: Uint8Array, { delimiter }: RowLayout): boolean {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  return OPENING.some((quote) => {
    for (let at = bytes.indexOf(quote); at >= 0; at = bytes.indexOf(quote, at + 1)) {
      if (at === 0 || bytes[at - 1] === delimiter) return true;
    }
    return false;
  });
}

/** @param record one whose quotes are well-formed, with two fields or more */
function endsWithEmptyField(
  record: Uint8Array,
  { delimiter, quoting, skipInitialSpace }: RowLayout,
): boolean {
  const isQuoted = quoting !== 'NONE' && record.at(-1) === QUOTE && record.at(-2) === QUOTE;
  let end = record.length - (isQuoted ? 2 : 0);
  if (skipInitialSpace) while (end > 0 && isInitialSpace(record[end - 1] as number, delimiter)) end--;
  return record[end - 1] === delimiter;
}

/**
 * Whether all fields of a record are empty or look so: a line of the table that nobody filled in.
 *
 * @param record one whose quotes are well-formed
 */
function isBlankRecord(record: Uint8Array, { delimiter, quoting }: RowLayout): boolean {
  let isQuoted = false;
  let isAscii = true;
  for (let at = 0; at < record.length; at++) {
    const byte = record[at] as number;
    if (byte === QUOTE && quoting !== 'NONE') {
      if (isQuoted && record[at + 1] === QUOTE) return false;
      isQuoted = !isQuoted;
    } else if (byte >= ASCII_END) isAscii = false;
    else if (!isBlankByte(byte) && (byte !== delimiter || isQuoted)) return false;
  }
  return isAscii || isBlank(Buffer.from(record.filter((byte) => byte >= ASCII_END)).toString());
}

/** @param head the beginning of a record that was too long to be read */
export function rejectOversized(
  line: number,
  lineCount: number,
  head: Uint8Array,
  maxRecordBytes: number,
): Rejection {
  const message = `The record is longer than ${maxRecordBytes} bytes. Shorten it, or raise MAX_RECORD_BYTES on the server.`;
  return createRejection(line, 'RECORD_TOO_LARGE', message, head, undefined, lineCount);
}

export function createRejection(
  line: number,
  code: RejectionCode,
  message: string,
  record: Uint8Array,
  column?: string,
  lineCount = 1 + countLineEndings(record, 0, record.length),
): Rejection {
  const parts = [message];
  if (lineCount > 1) parts.push(`The record holds ${lineCount} lines.`);
  const cut = record.length > RECORD_KEPT_BYTES || code === 'RECORD_TOO_LARGE';
  if (cut) parts.push(RECORD_CUT);
  return {
    line,
    code,
    column,
    message: parts.join(' '),
    record: record.slice(0, RECORD_KEPT_BYTES),
    lineCount,
  };
}

function refuse(row: Row, layout: RowLayout, code: RejectionCode, index: number, fault: string): Rejection {
  const column = layout.columns[index] ?? '';
  return createRejection(row.line, code, `The column "${column}" ${fault}.`, recordOf(row), column);
}

function recordOf({ record: { bytes, start, end } }: Row): Uint8Array {
  return bytes.subarray(start, end);
}

function tooLong(field: Field, limit: number): string {
  return `has ${characters(field)} characters, more than the ${limit} that are allowed`;
}

function isBlankField({ bytes, start, end }: Field): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= ASCII_END) return isBlank(Buffer.from(bytes.subarray(start, end)).toString());
    if (!isBlankByte(byte)) return false;
  }
  return true;
}

/** Of those in ASCII: white space and control characters. */
function isBlankByte(byte: number): boolean {
  return byte <= SPACE || byte === DELETE;
}

/** Whether something that cannot be seen begins or ends the field, which is not blank. */
export function isPadded({ bytes, start, end }: Field): boolean {
  const first = bytes[start] as number;
  const last = bytes[end - 1] as number;
  if (isBlankByte(first) || isBlankByte(last)) return true;
  if (first < ASCII_END && last < ASCII_END) return false;
  const text = Buffer.from(bytes.subarray(start, end)).toString();
  return trimBlank(text).length < text.length;
}

/** Whether the field is a number as spreadsheets show a long one: 4.00601E+12. */
export function isRounded({ bytes, start, end }: Field): boolean {
  if (bytes[end - 3] !== PLUS || end - start < SHORTEST_ROUNDED) return false;
  return ROUNDED.test(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
}

/** Whether the header would take the field for this column. */
function reads({ bytes, start, end }: Field, column: string): boolean {
  let from = start;
  let to = end;
  while (from < to && isBlankByte(bytes[from] as number)) from++;
  while (from < to && isBlankByte(bytes[to - 1] as number)) to--;
  if (to - from !== column.length) return false;
  for (let i = 0; i < column.length; i++) {
    // The letters of ASCII differ from their capitals in this bit.
    if (((bytes[from + i] as number) | 0x20) !== column.charCodeAt(i)) return false;
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
