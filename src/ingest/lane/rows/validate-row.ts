// Validates the fields of a row. Both parsers use this, so they cannot differ.

import type { RejectionCode } from '../../../codes/row-issue-codes.ts';
import { MAX_NAME_LENGTH, MAX_SKU_LENGTH } from '../../../db/catalogue/product-rules.ts';
import { columnNameBytes, countCharacters, isBlankField, isColumnName, isLongerThan } from './bytes.ts';
import { createRejection } from './rejection.ts';
import type { Field, Rejection, Row, RowLayout, RowResult } from './row.ts';
import { isBlankRecord } from './validate-record.ts';

const REPEATED_HEADER =
  'The record repeats the header, as in concatenated files. It is safe to ignore; to avoid it, remove the line or send each file separately.';

/** What a fault may be in an export whose rows are variants; the sentence is ended where it is used. */
const IMAGE_ROW =
  'In an export of Shopify, such a row mostly holds a further image of the product above, and can be ignored';
const VARIANT_ROW =
  'In an export of Shopify, only the first variant of a product has its title. Fill in the titles in the download of rejected rows and send it back, or set a default for NAME';

/** @returns a check whether a row repeats the header; fields without a column do not count */
export function headerCheck({ columns, skuIndex, nameIndex, descriptionIndex }: RowLayout) {
  const nameOf = (index: number) => {
    const column = columns[index];
    return column === undefined ? undefined : columnNameBytes(column);
  };
  const [sku, name, description] = [nameOf(skuIndex), nameOf(nameIndex), nameOf(descriptionIndex)];
  const is = (field: Field, column: Uint8Array | undefined) =>
    column === undefined || isColumnName(field, column);
  return (row: Row) => is(row.sku, sku) && is(row.name, name) && is(row.description, description);
}

/** @param isHeader from `headerCheck` */
export function validateRow(row: Row, layout: RowLayout, isHeader: (row: Row) => boolean): RowResult {
  if (row.isSuperseded) return undefined;
  const { sku, name, description } = row;
  if (isBlankField(sku)) {
    if (isBlankRecord(recordOf(row), layout)) return 'BLANK';
    return rejectBlank(row, layout, 'BLANK_SKU', layout.skuIndex, IMAGE_ROW);
  }
  if (isBlankField(name)) return rejectBlank(row, layout, 'BLANK_NAME', layout.nameIndex, VARIANT_ROW);
  if (isHeader(row)) {
    return createRejection(row.line, 'REPEATED_HEADER', REPEATED_HEADER, recordOf(row));
  }
  const { skuIndex, nameIndex, descriptionIndex, maxDescriptionLength } = layout;
  if (isLongerThan(sku, MAX_SKU_LENGTH)) {
    return rejectTooLong(row, layout, 'SKU_TOO_LONG', skuIndex, countCharacters(sku), MAX_SKU_LENGTH);
  }
  if (isLongerThan(name, MAX_NAME_LENGTH)) {
    return rejectTooLong(row, layout, 'NAME_TOO_LONG', nameIndex, countCharacters(name), MAX_NAME_LENGTH);
  }
  if (isLongerThan(description, maxDescriptionLength)) {
    const length = countCharacters(description);
    return rejectTooLong(row, layout, 'DESCRIPTION_TOO_LONG', descriptionIndex, length, maxDescriptionLength);
  }
  return undefined;
}

/** @param length in characters, as the limit */
export function rejectTooLong(
  row: Row,
  layout: RowLayout,
  code: RejectionCode,
  index: number,
  length: number,
  limit: number,
): Rejection {
  const fault = `has ${length} characters, more than the ${limit} that are allowed`;
  return rejectField(row, layout, code, index, fault);
}

/** @param advice for an export whose rows are variants */
function rejectBlank(
  row: Row,
  layout: RowLayout,
  code: RejectionCode,
  index: number,
  advice: string,
): Rejection {
  const fault = layout.hasVariantRows ? `has no value. ${advice}` : 'has no value';
  return rejectField(row, layout, code, index, fault);
}

function rejectField(
  row: Row,
  layout: RowLayout,
  code: RejectionCode,
  index: number,
  fault: string,
): Rejection {
  const column = layout.columns[index];
  const subject = column === undefined ? 'The default' : `The column "${column}"`;
  return createRejection(row.line, code, `${subject} ${fault}.`, recordOf(row), column);
}

function recordOf({ record: { bytes, start, end } }: Row): Uint8Array {
  return bytes.subarray(start, end);
}
