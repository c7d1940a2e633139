// The words of a search: a text that is taken apart at white space.

import { countCharacters } from '../db/catalogue/product-rules.ts';
import { badInput, checkText } from './bad-input.ts';

/** Each word takes a search of its own. */
export const MAX_WORDS = 10;
/** In characters: as long as a name may be. A longer text is nowhere but in descriptions. */
const MAX_LENGTH = 512;

/**
 * The different words of `filter.words`.
 *
 * @throws LoadstoneError BAD_USER_INPUT if it cannot be stored, is too long, or has too many words
 */
export function wordsOf(text: string): string[] {
  const field = 'filter.words';
  checkText(field, text);
  const length = countCharacters(text);
  if (length > MAX_LENGTH) {
    throw badInput(
      `\`${field}\` has ${length} characters, more than the ${MAX_LENGTH} that are allowed. Search for fewer words.`,
      field,
    );
  }
  const words = [...new Set(text.split(/\s+/u).filter((word) => word !== ''))];
  if (words.length > MAX_WORDS) {
    throw badInput(
      `\`${field}\` has ${words.length} words, more than the ${MAX_WORDS} that are allowed. Search for fewer of them.`,
      field,
    );
  }
  return words;
}
