// How a client may say that a file is to be read, checked before anything is read.

import { DEFAULT_DIALECT, type Dialect, type Quoting, type StoredDialect } from '../ingest/read/dialect.ts';
import { isKnownEncoding } from '../ingest/read/text/decode-text.ts';
import { badInput, checkText, withoutNulls } from './bad-input.ts';

export interface DialectInput {
  delimiter?: string | null | undefined;
  encoding?: string | null | undefined;
  quoting?: Quoting | null | undefined;
  skipInitialSpace?: boolean | null | undefined;
}

/** One byte, and none that means something else in a CSV file. */
const DELIMITER = /^(?!")[\t\x20-\x7e]$/;

/** @throws LoadstoneError BAD_USER_INPUT that names the option at fault */
export function checkDialect({ delimiter, encoding }: Dialect): void {
  if (delimiter !== undefined && !DELIMITER.test(delimiter)) {
    throw badInput(
      '`delimiter` must be one ASCII character, such as ; or a tab, and not a quote or a line end.',
      'delimiter',
    );
  }
  checkText('encoding', encoding);
  if (encoding !== undefined && !isKnownEncoding(encoding)) {
    throw badInput(
      '`encoding` is not a known encoding: give a name such as utf-8, windows-1252 or shift_jis.',
      'encoding',
    );
  }
}

/**
 * What a client changes of a dialect that is kept: a field that is left out stays, and null puts back the default.
 *
 * @throws LoadstoneError BAD_USER_INPUT that names the option at fault
 */
export function readDialectChanges({
  delimiter,
  encoding,
  quoting,
  skipInitialSpace,
}: DialectInput): Partial<StoredDialect> {
  const given = { delimiter, encoding, quoting, skipInitialSpace };
  checkDialect(withoutNulls(given));
  const changes = Object.entries(DEFAULT_DIALECT).flatMap(([option, usual]) => {
    const value = given[option as keyof StoredDialect];
    return value === undefined ? [] : [[option, value ?? usual]];
  });
  return Object.fromEntries(changes);
}
