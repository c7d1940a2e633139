// Texts to search for.

import { countCharacters } from '../../db/catalogue/product-rules.ts';
import { badInput, checkText } from '../bad-input.ts';

/** In characters: as long as a name may be. A longer text is nowhere but in descriptions, and dear to search for. */
const MAX_LENGTH = 512;

/** @throws LoadstoneError BAD_USER_INPUT if the text cannot be stored or is too long */
export function checkSearchText(field: string, text: string | undefined): void {
  checkText(field, text);
  const length = countCharacters(text ?? '');
  if (length <= MAX_LENGTH) return;
  const message = `\`${field}\` has ${length} characters, more than the ${MAX_LENGTH} that are allowed. Search for a shorter text.`;
  throw badInput(message, field, 'TOO_LONG');
}
