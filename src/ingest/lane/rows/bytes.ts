// Properties of fields that are checked on their UTF-8 bytes: decoding each one would be too slow.

import { isBlank, trimBlank } from '../../../db/catalogue/product-rules.ts';
import type { Field } from './row.ts';

const SPACE = 0x20;
const DELETE = 0x7f;
export const ASCII_END = 0x80;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const LOWER_CASE = 0x20;

/** ASCII white space and control characters. */
export function isBlankByte(byte: number): boolean {
  return byte <= SPACE || byte === DELETE;
}

export function isBlankField({ bytes, start, end }: Field): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= ASCII_END) return isBlank(Buffer.from(bytes.subarray(start, end)).toString());
    if (!isBlankByte(byte)) return false;
  }
  return true;
}

export function isLongerThan(field: Field, limit: number): boolean {
  // Each character has at least one byte, so short fields need not be counted.
  return field.end - field.start > limit && countCharacters(field) > limit;
}

export function countCharacters({ bytes, start, end }: Field): number {
  let count = 0;
  for (let i = start; i < end; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) count++;
  return count;
}

/** @param name a column's name as `columnNameBytes` returns it @returns whether the field repeats it */
export function isColumnName({ bytes, start, end }: Field, name: Uint8Array): boolean {
  let from = start;
  let to = end;
  while (from < to && isBlankByte(bytes[from] as number)) from++;
  while (from < to && isBlankByte(bytes[to - 1] as number)) to--;
  if (to - from !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (lowerCase(bytes[from + i] as number) !== name[i]) return false;
  return true;
}

/** @returns the name in UTF-8, without blanks around it, and with its ASCII letters in lower case */
export function columnNameBytes(column: string): Uint8Array {
  return Buffer.from(trimBlank(column)).map(lowerCase);
}

function lowerCase(byte: number): number {
  return byte >= UPPER_A && byte <= UPPER_Z ? byte | LOWER_CASE : byte;
}
