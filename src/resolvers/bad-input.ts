// Checks of arguments that all resolvers share.

import type { FieldErrorCode } from '../codes/field-error-codes.ts';
import { countCharacters, isBlank } from '../db/catalogue/product-rules.ts';
import { isUuid } from '../db/postgres/sql/is-uuid.ts';
import { isStorable } from '../db/postgres/sql/storable-text.ts';
import { fieldError, LoadstoneError } from '../errors.ts';

/** Of a data source or a profile. */
const MAX_NAME_LENGTH = 200;

type WithoutNulls<Given> = { [Key in keyof Given]?: NonNullable<Given[Key]> };

/** @param field the wrong field or argument, if it is a single one */
export function badInput(message: string, field?: string, code: FieldErrorCode = 'INVALID'): LoadstoneError {
  return field === undefined
    ? new LoadstoneError('BAD_USER_INPUT', message)
    : fieldError(field, code, message);
}

/** @returns the ID in lower case, as in the database */
export function checkId(name: string, id: string): string {
  if (!isUuid(id)) {
    throw badInput(`\`${name}\` is not a UUID; one looks like 0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10.`, name);
  }
  return id.toLowerCase();
}

/** Rejects text that Postgres cannot store. */
export function checkText(name: string, text: string | undefined): void {
  if (text !== undefined && !isStorable(text)) {
    throw badInput(`\`${name}\` contains a NUL character or an unpaired surrogate. Remove it.`, name);
  }
}

/** @param what has the name, at the start of a sentence */
export function checkName(what: string, name: string): void {
  checkText('name', name);
  if (isBlank(name)) {
    throw badInput(
      `${what} needs a name: \`name\` is empty or has only invisible characters.`,
      'name',
      'BLANK',
    );
  }
  if (countCharacters(name) > MAX_NAME_LENGTH) {
    throw badInput(`\`name\` must have at most ${MAX_NAME_LENGTH} characters.`, 'name', 'TOO_LONG');
  }
}

/** The fields that have a value. Here, null is the same as an omitted field. */
export function withoutNulls<Given extends object>(given: Given | null | undefined): WithoutNulls<Given> {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as WithoutNulls<Given>;
}
