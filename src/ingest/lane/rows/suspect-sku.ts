// SKUs that are accepted but probably not as intended.

import { trimBlank } from '../../../db/catalogue/product-rules.ts';
import { ASCII_END, isBlankByte } from './bytes.ts';
import type { Field } from './row.ts';

const PLUS = 0x2b;
const ROUNDED = /^-?\d([.,]\d+)?E\+\d\d$/i;
const MIN_ROUNDED_LENGTH = '1E+12'.length;

/** @param sku not blank @returns whether it starts or ends with an invisible character */
export function isPadded({ bytes, start, end }: Field): boolean {
  const first = bytes[start] as number;
  const last = bytes[end - 1] as number;
  if (isBlankByte(first) || isBlankByte(last)) return true;
  if (first < ASCII_END && last < ASCII_END) return false;
  const text = Buffer.from(bytes.subarray(start, end)).toString();
  return trimBlank(text).length < text.length;
}

/** Whether it is a long number as spreadsheets display it, such as 4.00601E+12. */
export function isRounded({ bytes, start, end }: Field): boolean {
  if (bytes[end - 3] !== PLUS || end - start < MIN_ROUNDED_LENGTH) return false;
  return ROUNDED.test(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
}
