// The words of a search: a text that is taken apart at white space.

import { badInput } from '../bad-input.ts';
import { checkSearchText } from './search-text.ts';

/** Each word takes a search of its own. */
export const MAX_WORDS = 10;

/**
 * The different words of `filter.words`.
 *
 * @throws LoadstoneError BAD_USER_INPUT if it cannot be stored, is too long, or has too many words
 */
export function wordsOf(text: string): string[] {
  const field = 'filter.words';
  checkSearchText(field, text);
  const words = [...new Set(text.split(/\s+/u).filter((word) => word !== ''))];
  if (words.length > MAX_WORDS) {
    throw badInput(
      `\`${field}\` has ${words.length} words, more than the ${MAX_WORDS} that are allowed. Search for fewer of them.`,
      field,
    );
  }
  return words;
}
