// Attributes as an edit gives them: a text sets one, null or an empty text removes it, as a blank field of a file does.

import { fieldError } from '../../../errors.ts';
import { shorten } from '../../../shorten.ts';
import { isStorable } from '../../postgres/sql/storable-text.ts';
import type { Attributes } from '../../tables.ts';
import { countCharacters, isBlank, trimBlank } from '../product-rules.ts';

/** What a client sends: a JSON object of any kind. */
export type AttributeChanges = Record<string, unknown>;

const SHOWN_LENGTH = 80;

/**
 * @param maxLength of a value, in characters
 * @returns null for attributes to remove
 * @throws LoadstoneError BAD_USER_INPUT
 */
export function checkAttributes(
  changes: AttributeChanges | null,
  maxLength: number,
): Record<string, string | null> {
  if (changes === null) {
    throw fieldError(
      'attributes',
      'REQUIRED',
      '`attributes` cannot be null. Omit it to keep the attributes, or set each one that is to go to null.',
    );
  }
  const entries = Object.entries(changes).map(([name, value]): [string, string | null] => [
    checkName(name),
    checkValue(name, value, maxLength),
  ]);
  return Object.fromEntries(entries);
}

/** Those of a new product. */
export function newAttributes(changes: Record<string, string | null>): Attributes {
  const entries = Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(entries);
}

/** As names of columns are kept: not blank, and without white space around them. */
function checkName(name: string): string {
  if (isBlank(name)) {
    throw fieldError(
      'attributes',
      'BLANK',
      '`attributes` has a name that is empty or has only invisible characters. Name each attribute.',
    );
  }
  checkStorable(name, name);
  if (trimBlank(name) !== name) {
    const message = `The name of the attribute ${shown(name)} begins or ends with invisible characters. Remove them.`;
    throw fieldError('attributes', 'INVALID', message);
  }
  return name;
}

function checkValue(name: string, value: unknown, maxLength: number): string | null {
  if (value === null || value === '') return null;
  if (typeof value !== 'string') {
    const message = `The value of the attribute ${shown(name)} is not a text. Send it as a text, or null to remove the attribute.`;
    throw fieldError('attributes', 'INVALID', message);
  }
  checkStorable(name, value);
  const length = countCharacters(value);
  if (length > maxLength) {
    const message = `The value of the attribute ${shown(name)} has ${length} characters, more than the ${maxLength} that are allowed.`;
    throw fieldError('attributes', 'TOO_LONG', message);
  }
  return value;
}

function checkStorable(name: string, text: string): void {
  if (isStorable(text)) return;
  const message = `The attribute ${shown(name)} contains a NUL character or an unpaired surrogate. Remove it.`;
  throw fieldError('attributes', 'INVALID', message);
}

function shown(name: string): string {
  return JSON.stringify(shorten(name, SHOWN_LENGTH));
}
