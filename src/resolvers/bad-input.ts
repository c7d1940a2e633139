// Checks of arguments that all resolvers share.

import { isStorable } from '../db/postgres/storable-text.ts';
import { LoadstoneError } from '../errors.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type WithoutNulls<Given> = { [Key in keyof Given]?: NonNullable<Given[Key]> };

/** @param field the invalid input field, for `extensions.field` */
export function badInput(message: string, field?: string): LoadstoneError {
  return new LoadstoneError('BAD_USER_INPUT', message, field === undefined ? {} : { details: { field } });
}

/** @returns the ID in lower case, as in the database */
export function checkId(name: string, id: string): string {
  if (!UUID.test(id)) {
    throw badInput(`\`${name}\` is not a UUID; one looks like 0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10.`);
  }
  return id.toLowerCase();
}

/** Rejects text that Postgres cannot store. */
export function checkText(name: string, text: string | undefined): void {
  if (text !== undefined && !isStorable(text)) {
    throw badInput(`\`${name}\` contains a NUL character or an unpaired surrogate. Remove it.`, name);
  }
}

/** The fields that have a value. Here, null is the same as an omitted field. */
export function withoutNulls<Given extends object>(given: Given | null | undefined): WithoutNulls<Given> {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as WithoutNulls<Given>;
}
