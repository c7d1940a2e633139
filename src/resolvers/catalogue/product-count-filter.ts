// The filter of a list of name counts, checked.

import type { ProductCountFilter } from '../../db/catalogue/counts/count-pages.ts';
import { withoutNulls } from '../bad-input.ts';
import { checkSearchText } from './search-text.ts';
import { wordsOf } from './words.ts';

export interface ProductCountFilterInput {
  namePrefix?: string | null | undefined;
  nameContains?: string | null | undefined;
  words?: string | null | undefined;
  minProductCount?: number | null | undefined;
}

/** @throws LoadstoneError BAD_USER_INPUT */
export function productCountFilterOf(input: ProductCountFilterInput | null | undefined): ProductCountFilter {
  const { words, ...filter } = withoutNulls(input);
  checkSearchText('filter.namePrefix', filter.namePrefix);
  checkSearchText('filter.nameContains', filter.nameContains);
  return words === undefined ? filter : { ...filter, words: wordsOf(words) };
}
