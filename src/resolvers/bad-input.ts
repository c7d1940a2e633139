// Checks of what a client sends that every resolver shares.

import { isStorable } from '../db/postgres/storable-text.ts';
import { LoadstoneError } from '../errors.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type WithoutNulls<Given> = { [Key in keyof Given]?: NonNullable<Given[Key]> };

/** @param field of an input that a form may have: for `extensions.field` */
export function badInput(message: string, field?: string): LoadstoneError {
  return new LoadstoneError('BAD_USER_INPUT', message, field === undefined ? {} : { details: { field } });
}

/** @returns the id as the database writes it, in lower case */
export function checkId(name: string, id: string): string {
  if (!UUID.test(id)) {
    throw badInput(`\`${name}\` is not a UUID; one looks like 0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10.`);
  }
  return id.toLowerCase();
}

/** Refuses text that the database cannot hold, and so cannot look for. */
export function checkText(name: string, text: string | undefined): void {
  if (text !== undefined && !isStorable(text)) {
    throw badInput(`\`${name}\` has a NUL character or half of a surrogate pair: take it out.`, name);
  }
}

/** The fields that have a value: to leave a field out and to give null are the same here. */
export function withoutNulls<Given extends object>(given: Given | null | undefined): WithoutNulls<Given> {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as WithoutNulls<Given>;
}
