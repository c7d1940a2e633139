// The filter of a list of products, checked.

import type { ProductFilter } from '../db/catalogue/product-filter.ts';
import { countCharacters } from '../db/catalogue/product-rules.ts';
import { badInput, checkText, withoutNulls } from './bad-input.ts';

export interface ProductFilterInput {
  name?: string | null | undefined;
  skuPrefix?: string | null | undefined;
  skuContains?: string | null | undefined;
  nameContains?: string | null | undefined;
  search?: string | null | undefined;
  words?: string | null | undefined;
  inDescription?: boolean | null | undefined;
  attribute?: { name: string; value: string } | null | undefined;
}

/** Each word takes a search of its own. */
export const MAX_WORDS = 10;
/** In characters: as long as a name may be. A longer text is nowhere but in descriptions. */
const MAX_WORDS_LENGTH = 512;

/** @throws LoadstoneError BAD_USER_INPUT */
export function productFilterOf(input: ProductFilterInput | null | undefined): ProductFilter {
  const { words, inDescription, ...filter } = withoutNulls(input);
  for (const field of ['name', 'skuPrefix', 'skuContains', 'nameContains', 'search'] as const) {
    checkText(`filter.${field}`, filter[field]);
  }
  checkText('filter.attribute', filter.attribute?.name);
  checkText('filter.attribute', filter.attribute?.value);
  return words === undefined ? filter : { ...filter, words: wordsOf(words), inDescription };
}

/** The different words of a text. */
function wordsOf(text: string): string[] {
  const field = 'filter.words';
  checkText(field, text);
  const length = countCharacters(text);
  if (length > MAX_WORDS_LENGTH) {
    throw badInput(
      `\`${field}\` has ${length} characters, more than the ${MAX_WORDS_LENGTH} that are allowed. Search for fewer words.`,
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
