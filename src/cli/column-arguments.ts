// The arguments of `npm run import` about columns: "Variant SKU=sku" and "description=none yet".

import type { ImportOptions, ProductField } from './client/loadstone-client.ts';
import { UsageError } from './run-command.ts';

const FIELDS: readonly ProductField[] = ['SKU', 'NAME', 'DESCRIPTION'];

/** @throws UsageError */
export function columnOptions(
  maps: readonly string[] = [],
  defaults: readonly string[] = [],
): Pick<ImportOptions, 'mapping' | 'defaults'> {
  return {
    ...(maps.length > 0 && { mapping: maps.map(readMapping) }),
    ...(defaults.length > 0 && { defaults: defaults.map(readDefault) }),
  };
}

/** A column's name may contain "=". */
function readMapping(text: string): { column: string; field: ProductField } {
  const at = text.lastIndexOf('=');
  const field = fieldOf(text.slice(at + 1));
  if (at > 0 && field) return { column: text.slice(0, at), field };
  throw new UsageError(
    `--map must be a column and a field, such as "Variant SKU=sku", not "${text}". Fields: sku, name, description.`,
  );
}

/** A value may contain "=". */
function readDefault(text: string): { field: ProductField; value: string } {
  const at = text.indexOf('=');
  const field = fieldOf(text.slice(0, Math.max(at, 0)));
  if (field) return { field, value: text.slice(at + 1) };
  throw new UsageError(
    `--default must be a field and a value, such as "description=none yet", not "${text}". Fields: name, description.`,
  );
}

function fieldOf(text: string): ProductField | undefined {
  return FIELDS.find((field) => field === text.trim().toUpperCase());
}
