// How staged rows change the attributes of products. A file speaks of those that its columns become: a blank field removes
// one. All others stay.

import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';

/** The attributes that a file speaks of. */
export interface KeptColumns {
  /** Their names; empty if its rows are staged without attributes. */
  keptColumns: readonly string[];
}

/**
 * @param product the row of `products`
 * @param row the staged row
 * @returns the expression for the attributes that the product will have
 */
export function attributesAfter({ keptColumns }: KeptColumns, product: string, row: string): string {
  const names = `ARRAY[${keptColumns.map(quoteLiteral).join(', ')}]::text[]`;
  return `CASE WHEN ${product}.attributes IS NULL THEN ${row}.attributes
    ELSE nullif((${product}.attributes - ${names}) || coalesce(${row}.attributes, '{}'), '{}') END`;
}

/** @returns the condition that a staged row changes its product. Equal attributes need not be put together to be compared */
export function rowDiffers(kept: KeptColumns, row: string): string {
  const differences = [`products.name <> ${row}.name`, `products.description <> ${row}.description`];
  if (kept.keptColumns.length > 0) {
    differences.push(`(products.attributes IS DISTINCT FROM ${row}.attributes
      AND products.attributes IS DISTINCT FROM ${attributesAfter(kept, 'products', row)})`);
  }
  return `(${differences.join(' OR ')})`;
}

/** @returns what is set in a product that a staged row changes, as assignments */
export function changeTo(kept: KeptColumns, row: string): string {
  const assignments = [`name = ${row}.name`, `description = ${row}.description`];
  if (kept.keptColumns.length > 0) assignments.push(`attributes = ${attributesAfter(kept, 'products', row)}`);
  return assignments.join(', ');
}
