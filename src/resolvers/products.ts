// Pages of products.

import type { Product, ProductFilter } from '../db/catalogue/product-queries.ts';
import { checkText, withoutNulls } from './bad-input.ts';
import type { Context } from './context.ts';
import { cursorsOf, keyText } from './cursor.ts';
import { type ExportedConnection, type ProductExportOptions, productExportUrl } from './export-urls.ts';
import { connectionOf, type PageArgs, windowOf } from './pagination.ts';

const bySku = cursorsOf('sku', keyText);

export interface ProductFilterInput {
  name?: string | null | undefined;
  skuPrefix?: string | null | undefined;
  nameContains?: string | null | undefined;
  search?: string | null | undefined;
  attribute?: { name: string; value: string } | null | undefined;
}

export async function products(
  args: PageArgs & { filter?: ProductFilterInput | null | undefined },
  { services, signal, baseUrl }: Context,
): Promise<ExportedConnection<Product, ProductExportOptions>> {
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
