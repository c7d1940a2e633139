// The filter of a list of products, checked.

import type { ProductFilter } from '../../db/catalogue/search/product-filter.ts';
import { checkText, withoutNulls } from '../bad-input.ts';
import { checkSearchText } from './search-text.ts';
import { wordsOf } from './words.ts';

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

/** @throws LoadstoneError BAD_USER_INPUT */
export function productFilterOf(input: ProductFilterInput | null | undefined): ProductFilter {
  const { words, inDescription, ...filter } = withoutNulls(input);
  checkText('filter.name', filter.name);
  for (const field of ['skuPrefix', 'skuContains', 'nameContains', 'search'] as const)
    checkSearchText(`filter.${field}`, filter[field]);
  checkText('filter.attribute', filter.attribute?.name);
  checkText('filter.attribute', filter.attribute?.value);
  return words === undefined ? filter : { ...filter, words: wordsOf(words), inDescription };
}
