// Pages of products.

import type { ProductFilter } from '../db/catalogue/product-queries.ts';
import { badInput, checkText, withoutNulls } from './bad-input.ts';
import type { Context } from './context.ts';
import { cursorsOf, keyText } from './cursor.ts';
import { productExportUrl } from './export-urls.ts';
import { connectionOf, type PageArgs, windowOf } from './pagination.ts';
import { type ProductPage, productsInOrder } from './products-by-sku.ts';

const bySku = cursorsOf('sku', keyText);

export interface ProductFilterInput {
  name?: string | null | undefined;
  skuPrefix?: string | null | undefined;
  nameContains?: string | null | undefined;
  search?: string | null | undefined;
  attribute?: { name: string; value: string } | null | undefined;
}

export interface ProductsArgs extends PageArgs {
  filter?: ProductFilterInput | null | undefined;
  skus?: string[] | null | undefined;
}

export async function products({ skus, ...args }: ProductsArgs, context: Context): Promise<ProductPage> {
  if (!skus) return filteredProducts(args, context);
  if (args.filter) {
    throw badInput('`skus` cannot be combined with `filter`. Pass one of them.', 'skus');
  }
  return productsInOrder(skus, args, context);
}

async function filteredProducts(
  args: ProductsArgs,
  { services, signal, baseUrl }: Context,
): Promise<ProductPage> {
  const window = windowOf(args, bySku);
  const filter = productFilterOf(args.filter);
  const page = await services.products.page(window, filter, signal);
  return {
    ...connectionOf(page, ({ sku }) => bySku.encode(sku)),
    totalCount: () => services.products.count(filter, signal),
    exportUrl: (options) => productExportUrl(filter, options, baseUrl),
  };
}

/** @throws LoadstoneError BAD_USER_INPUT for text that cannot be stored */
export function productFilterOf(input: ProductFilterInput | null | undefined): ProductFilter {
  const filter: ProductFilter = withoutNulls(input);
  checkText('filter.name', filter.name);
  checkText('filter.skuPrefix', filter.skuPrefix);
  checkText('filter.nameContains', filter.nameContains);
  checkText('filter.search', filter.search);
  checkText('filter.attribute', filter.attribute?.name);
  checkText('filter.attribute', filter.attribute?.value);
  return filter;
}
