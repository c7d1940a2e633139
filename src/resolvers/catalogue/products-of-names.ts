// The products of a name count: their pages, loaded for several names at once.

import type { ProductCount } from '../../db/catalogue/counts/count-pages.ts';
import type { Window } from '../../db/postgres/sql/keyset.ts';
import { badInput } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { cursorsOf, keyText } from '../cursor.ts';
import { connectionOf, type PageArgs, windowOf } from '../pagination.ts';
import { productExportUrl } from './export-urls.ts';
import type { ProductPage } from './products-by-sku.ts';

/** A page of the products that have a name. */
export interface PageOfName {
  count: ProductCount;
  window: Window<string>;
}

/** As many as the longest page of names has with the default size of a page. */
export const MAX_PRODUCTS_AT_ONCE = 10_000;

const bySku = cursorsOf('sku', keyText);

export function pageOfName(count: ProductCount, args: PageArgs): PageOfName {
  return { count, window: windowOf(args, bySku) };
}

/**
 * In the order of the pages that are asked for; one statement for all that have the same window.
 *
 * @throws LoadstoneError BAD_USER_INPUT if those could have more than MAX_PRODUCTS_AT_ONCE products
 */
export async function productsOfNames(
  wanted: readonly PageOfName[],
  { services, signal, baseUrl }: Context,
): Promise<ProductPage[]> {
  const found = new Map<PageOfName, ProductPage>();
  for (const same of Map.groupBy(wanted, ({ window }) => JSON.stringify(window)).values()) {
    const [{ window }] = same as [PageOfName];
    const counts = same.map(({ count }) => count);
    checkNumber(new Set(counts.map(({ name }) => name)).size, window.limit);
    const pages = await services.products.pagesOf(counts, window, signal);
    for (const [index, page] of pages.entries()) {
      const each = same[index] as PageOfName;
      found.set(each, {
        ...connectionOf(page, ({ sku }) => bySku.encode(sku)),
        totalCount: async () => each.count.productCount,
        exportUrl: (options) => productExportUrl({ name: each.count.name }, options, baseUrl),
      });
    }
  }
  return wanted.map((each) => found.get(each) as ProductPage);
}

function checkNumber(names: number, limit: number): void {
  if (names * limit <= MAX_PRODUCTS_AT_ONCE) return;
  throw badInput(
    `\`products\` asks for ${limit} products of each of ${names} names; together the maximum is ${MAX_PRODUCTS_AT_ONCE}. Ask for fewer of each, or for fewer names.`,
  );
}
