// Validates the options for reading a file.

import { isBlank } from '../../db/catalogue/product-rules.ts';
import { FieldChecks } from '../../errors.ts';
import {
  DEFAULT_DIALECT,
  type Dialect,
  type Quoting,
  type StoredDialect,
} from '../../ingest/read/dialect.ts';
import { isKnownEncoding } from '../../ingest/read/text/decode-text.ts';
import { badInput, checkText, withoutNulls } from '../bad-input.ts';

export interface DialectInput {
  delimiter?: string | null | undefined;
  encoding?: string | null | undefined;
  quoting?: Quoting | null | undefined;
  skipInitialSpace?: boolean | null | undefined;
  sheet?: string | null | undefined;
}

/** More than spreadsheets allow. */
const MAX_SHEET_LENGTH = 255;
/** One byte that has no other meaning in a CSV file. */
const DELIMITER = /^(?!")[\t\x20-\x7e]$/;

/** @throws LoadstoneError BAD_USER_INPUT, with all options that are wrong */
export function checkDialect({ delimiter, encoding, sheet }: Dialect): void {
  const checks = new FieldChecks();
  checks.run(() => checkDelimiter(delimiter));
  checks.run(() => checkSheet(sheet));
  checks.run(() => checkEncoding(encoding));
  checks.finish();
}

function checkDelimiter(delimiter: string | undefined): void {
  if (delimiter !== undefined && !DELIMITER.test(delimiter)) {
    throw badInput(
      '`delimiter` must be one ASCII character, such as ; or a tab, and not a quote or a line break.',
      'delimiter',
    );
  }
}

function checkSheet(sheet: string | undefined): void {
  checkText('sheet', sheet);
  if (sheet === undefined) return;
  if (isBlank(sheet) || sheet.length > MAX_SHEET_LENGTH) {
    throw badInput(
      `\`sheet\` must be the name of a sheet, at most ${MAX_SHEET_LENGTH} characters long. Omit it if only one has data.`,
      'sheet',
      isBlank(sheet) ? 'BLANK' : 'TOO_LONG',
    );
  }
}

function checkEncoding(encoding: string | undefined): void {
  checkText('encoding', encoding);
  if (encoding !== undefined && !isKnownEncoding(encoding)) {
    throw badInput(
      '`encoding` is not a known encoding. Use a name such as utf-8, windows-1252 or shift_jis.',
      'encoding',
    );
  }
}

/**
 * Changes to the stored options of a data source: an omitted field keeps its value, and null restores the default.
 *
 * @throws LoadstoneError BAD_USER_INPUT, with all options that are wrong
 */
export function readDialectChanges({
  delimiter,
  encoding,
  quoting,
  skipInitialSpace,
  sheet,
}: DialectInput): Partial<StoredDialect> {
  const given = { delimiter, encoding, quoting, skipInitialSpace, sheet };
  checkDialect(withoutNulls(given));
  const changes = Object.entries(DEFAULT_DIALECT).flatMap(([option, usual]) => {
    const value = given[option as keyof StoredDialect];
    return value === undefined ? [] : [[option, value ?? usual]];
  });
  return Object.fromEntries(changes);
}
