// Validates what a client says about the columns of its file.

import { countCharacters, isBlank, MAX_NAME_LENGTH } from '../db/catalogue/product-rules.ts';
import type { ColumnMapping, FieldDefaults, ProductField } from '../db/tables.ts';
import { normalizeColumnName } from '../ingest/read/header/column-names.ts';
import { badInput, checkText } from './bad-input.ts';

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
 * @throws LoadstoneError BAD_USER_INPUT, with the name of the invalid option
 */
export function readColumnOptions({ mapping, defaults, keepColumns }: ColumnOptionsInput): ReadColumnOptions {
  return {
    ...(mapping !== undefined && { mapping: mapping?.length ? checkMapping(mapping) : null }),
    ...(defaults !== undefined && { defaults: defaults?.length ? readDefaults(defaults) : null }),
    ...(keepColumns !== undefined && { keepColumns }),
  };
}

function checkMapping(mapping: readonly ColumnMapping[]): ColumnMapping[] {
  const columns = new Map<ProductField, string>();
  const fields = new Map<string, ProductField>();
  for (const { column, field } of mapping) {
    checkText('mapping', column);
    const name = normalizeColumnName(column);
    if (column.length > MAX_COLUMN_LENGTH) {
      throw badInput(`\`mapping\` has a column of more than ${MAX_COLUMN_LENGTH} characters.`, 'mapping');
    }
    if (name === '') throw badInput(`\`mapping\` has no column for ${label(field)}. Name one.`, 'mapping');
    const other = columns.get(field);
    if (other !== undefined) {
      throw badInput(
        `\`mapping\` names two columns for ${label(field)}, ${JSON.stringify(other)} and ${JSON.stringify(column)}. Name one.`,
        'mapping',
      );
    }
    const taken = fields.get(name);
    if (taken !== undefined) {
      throw badInput(
        `\`mapping\` uses the column ${JSON.stringify(column)} for ${label(taken)} and for ${label(field)}. A column becomes one field.`,
        'mapping',
      );
    }
    columns.set(field, column);
    fields.set(name, field);
  }
  return mapping.map(({ column, field }) => ({ column, field }));
}

function readDefaults(given: NonNullable<ColumnOptionsInput['defaults']>): FieldDefaults {
  const defaults: FieldDefaults = {};
  for (const { field, value } of given) {
    checkText('defaults', value);
    if (field === 'sku') {
      throw badInput(
        '`defaults` has a value for SKU, but each product needs its own. Remove it: rows without a SKU are rejected.',
        'defaults',
      );
    }
    if (defaults[field] !== undefined) {
      throw badInput(`\`defaults\` has two values for ${label(field)}. Give one.`, 'defaults');
    }
    checkDefault(field, value);
    defaults[field] = value;
  }
  return defaults;
}

function checkDefault(field: keyof FieldDefaults, value: string): void {
  if (field === 'name' && isBlank(value)) {
    throw badInput(
      '`defaults` has a value for NAME that is empty or has only invisible characters.',
      'defaults',
    );
  }
  const limit = field === 'name' ? MAX_NAME_LENGTH : MAX_DEFAULT_DESCRIPTION_LENGTH;
  if (countCharacters(value) > limit) {
    throw badInput(
      `\`defaults\` has a value for ${label(field)} that is longer than ${limit} characters.`,
      'defaults',
    );
  }
}

/** As the GraphQL enum has it. */
function label(field: ProductField): string {
  return field.toUpperCase();
}
