// Validates what a client says about the columns of its file.

import { countCharacters, isBlank, MAX_NAME_LENGTH } from '../../db/catalogue/product-rules.ts';
import type { ColumnMapping, FieldDefaults, ProductField } from '../../db/tables.ts';
import { FieldChecks } from '../../errors.ts';
import { normalizeColumnName } from '../../ingest/read/header/column-names.ts';
import { badInput, checkText } from '../bad-input.ts';

export interface ColumnOptionsInput {
  mapping?: ColumnMapping[] | null | undefined;
  defaults?: { field: ProductField; value: string }[] | null | undefined;
  keepColumns?: boolean | null | undefined;
}

interface ReadColumnOptions {
  mapping?: ColumnMapping[] | null;
  defaults?: FieldDefaults | null;
  keepColumns?: boolean | null;
}

const MAX_COLUMN_LENGTH = 1000;
/** Defaults are kept with each import. */
const MAX_DEFAULT_DESCRIPTION_LENGTH = 10_000;

/**
 * @returns null for an option that is null or empty; options that are omitted are omitted
 * @throws LoadstoneError BAD_USER_INPUT, with everything that is wrong
 */
export function readColumnOptions({ mapping, defaults, keepColumns }: ColumnOptionsInput): ReadColumnOptions {
  const checks = new FieldChecks();
  const columns = checks.run(() => (mapping?.length ? checkMapping(mapping) : null)) ?? null;
  const values = checks.run(() => (defaults?.length ? readDefaults(defaults) : null)) ?? null;
  checks.finish();
  return {
    ...(mapping !== undefined && { mapping: columns }),
    ...(defaults !== undefined && { defaults: values }),
    ...(keepColumns !== undefined && { keepColumns }),
  };
}

function checkMapping(mapping: readonly ColumnMapping[]): ColumnMapping[] {
  const columns = new Map<ProductField, string>();
  const fields = new Map<string, ProductField>();
  const checks = new FieldChecks();
  for (const { column, field } of mapping) checks.run(() => checkColumn(column, field, columns, fields));
  checks.finish();
  return mapping.map(({ column, field }) => ({ column, field }));
}

/** @param columns those of the items before, by field; `fields` likewise by name. The column is added to both. */
function checkColumn(
  column: string,
  field: ProductField,
  columns: Map<ProductField, string>,
  fields: Map<string, ProductField>,
): void {
  checkText('mapping', column);
  const name = normalizeColumnName(column);
  if (column.length > MAX_COLUMN_LENGTH) {
    throw badInput(
      `\`mapping\` has a column of more than ${MAX_COLUMN_LENGTH} characters.`,
      'mapping',
      'TOO_LONG',
    );
  }
  if (name === '') {
    throw badInput(`\`mapping\` has no column for ${label(field)}. Name one.`, 'mapping', 'BLANK');
  }
  const other = columns.get(field);
  if (other !== undefined) {
    throw badInput(
      `\`mapping\` names two columns for ${label(field)}, ${JSON.stringify(other)} and ${JSON.stringify(column)}. Name one.`,
      'mapping',
      'DUPLICATE',
    );
  }
  const taken = fields.get(name);
  if (taken !== undefined) {
    throw badInput(
      `\`mapping\` uses the column ${JSON.stringify(column)} for ${label(taken)} and for ${label(field)}. A column becomes one field.`,
      'mapping',
      'DUPLICATE',
    );
  }
  columns.set(field, column);
  fields.set(name, field);
}

function readDefaults(given: NonNullable<ColumnOptionsInput['defaults']>): FieldDefaults {
  const defaults: FieldDefaults = {};
  const checks = new FieldChecks();
  for (const { field, value } of given) checks.run(() => addDefault(defaults, field, value));
  checks.finish();
  return defaults;
}

function addDefault(defaults: FieldDefaults, field: ProductField, value: string): void {
  checkText('defaults', value);
  if (field === 'sku') {
    throw badInput(
      '`defaults` has a value for SKU, but each product needs its own. Remove it: rows without a SKU are rejected.',
      'defaults',
      'NOT_ALLOWED',
    );
  }
  if (defaults[field] !== undefined) {
    throw badInput(`\`defaults\` has two values for ${label(field)}. Give one.`, 'defaults', 'DUPLICATE');
  }
  checkDefault(field, value);
  defaults[field] = value;
}

function checkDefault(field: keyof FieldDefaults, value: string): void {
  if (field === 'name' && isBlank(value)) {
    throw badInput(
      '`defaults` has a value for NAME that is empty or has only invisible characters.',
      'defaults',
      'BLANK',
    );
  }
  const limit = field === 'name' ? MAX_NAME_LENGTH : MAX_DEFAULT_DESCRIPTION_LENGTH;
  if (countCharacters(value) > limit) {
    throw badInput(
      `\`defaults\` has a value for ${label(field)} that is longer than ${limit} characters.`,
      'defaults',
      'TOO_LONG',
    );
  }
}

/** As the GraphQL enum has it. */
function label(field: ProductField): string {
  return field.toUpperCase();
}
