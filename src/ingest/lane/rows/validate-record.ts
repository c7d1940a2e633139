// Validates records before their fields are read: their bytes, and the number of fields. Both parsers use this, so they cannot
// differ.

import { isUtf8 } from 'node:buffer';
import { isBlank } from '../../../db/catalogue/product-rules.ts';
import { isInitialSpace } from '../../read/records/scan-line.ts';
import type { FileEncoding } from '../../read/text/decode-text.ts';
import { ASCII_END, isBlankByte } from './bytes.ts';
import { createRejection } from './rejection.ts';
import type { Rejection, RowLayout, RowResult } from './row.ts';

const QUOTE = 0x22;
const QUOTES_NEEDED = 'A field that contains a delimiter or a line break needs quotes around it.';
const TYPOGRAPHIC =
  'Typographic quotes (“ ”) are read as text and do not enclose a field: replace them by ".';
const TYPOGRAPHIC_QUOTES = ['“', '”', '„'].map((text) => Buffer.from(text));

/** @returns a rejection if the bytes are not valid text for the database */
export function validateBytes(
  line: number,
  record: Uint8Array,
  encoding: FileEncoding | undefined,
): Rejection | undefined {
  if (record.includes(0)) {
    const message = 'The record contains a NUL character, which cannot be stored. Remove it from the file.';
    return createRejection(line, 'NUL_CHARACTER', message, record);
  }
  if (!isUtf8(record)) {
    const { name = 'utf-8', isMarked = false } = encoding ?? {};
    const fault = `The record contains bytes that are not valid ${name === 'utf-8' ? 'UTF-8' : name}.`;
    // A byte order mark overrides the option.
    const advice = isMarked
      ? 'Correct them in the file.'
      : 'If the file has another encoding, set the option `encoding`; otherwise correct them in the file.';
    const code = name === 'utf-8' ? 'INVALID_UTF8' : 'INVALID_ENCODING';
    return createRejection(line, code, `${fault} ${advice}`, record);
  }
  return undefined;
}

/**
 * Validates a record whose number of fields differs from that of the header. A trailing delimiter is ignored, in the record
 * or in the header.
 *
 * @param found number of fields in the record
 * @param min number of fields that it needs
 * @returns undefined if the number is valid
 */
export function validateFieldCount(
  line: number,
  found: number,
  min: number,
  record: Uint8Array,
  layout: RowLayout,
): RowResult {
  const columns = layout.columns.length;
  if (found >= min && found < columns) return undefined;
  if (found === columns + 1 && endsWithEmptyField(record, layout)) return undefined;
  if (isBlankRecord(record, layout)) return 'BLANK';
  const fields = found === 1 ? '1 field' : `${found} fields`;
  const advice = hasTypographicQuotes(record, layout) ? TYPOGRAPHIC : QUOTES_NEEDED;
  const message = `The record has ${fields}, but the header has ${columns}. ${advice}`;
  return createRejection(line, 'WRONG_FIELD_COUNT', message, record);
}

/**
 * Whether all fields are empty or invisible, as in a table row that nobody filled in.
 *
 * @param record with well-formed quotes
 */
export function isBlankRecord(record: Uint8Array, { delimiter, quoting }: RowLayout): boolean {
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

/** Whether a field starts with quotes of a word processor. */
function hasTypographicQuotes(record: Uint8Array, { delimiter }: RowLayout): boolean {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  return TYPOGRAPHIC_QUOTES.some((quote) => {
    for (let at = bytes.indexOf(quote); at >= 0; at = bytes.indexOf(quote, at + 1)) {
      if (at === 0 || bytes[at - 1] === delimiter) return true;
    }
    return false;
  });
}

/** @param record with well-formed quotes and at least two fields */
function endsWithEmptyField(
  record: Uint8Array,
  { delimiter, quoting, skipInitialSpace }: RowLayout,
): boolean {
  const isQuoted = quoting !== 'NONE' && record.at(-1) === QUOTE && record.at(-2) === QUOTE;
  let end = record.length - (isQuoted ? 2 : 0);
  if (skipInitialSpace) while (end > 0 && isInitialSpace(record[end - 1] as number, delimiter)) end--;
  return record[end - 1] === delimiter;
}
