// Pages of products.

import { z } from 'zod';
import type { ListedProduct, ProductKey, ProductOrder } from '../../db/catalogue/search/product-order.ts';
import { badInput } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { type Cursors, cursorsOf, keyText } from '../cursor.ts';
import { connectionOf, type PageArgs, windowOf } from '../pagination.ts';
import { productExportUrl } from './export-urls.ts';
import { type ProductFilterInput, productFilterOf } from './product-filter.ts';
import { type ProductPage, productsInOrder } from './products-by-sku.ts';

const bySku = (ordering: string): Cursors<ProductKey> => {
  const { encode, decode } = cursorsOf(ordering, keyText);
  return {
    encode: ({ sku }) => encode(sku),
    decode: (argument, cursor) => ({ sku: decode(argument, cursor) }),
  };
};
const nameKey = z.object({ name: keyText, sku: keyText });
const timeKey = z.object({ updatedMicros: z.int(), sku: keyText });

const CURSORS: Record<ProductOrder, Cursors<ProductKey>> = {
  SKU_ASC: bySku('sku'),
  SKU_DESC: bySku('sku-desc'),
  NAME_ASC: cursorsOf<ProductKey>('name', nameKey),
  NAME_DESC: cursorsOf<ProductKey>('name-desc', nameKey),
  UPDATED_AT_ASC: cursorsOf<ProductKey>('updated', timeKey),
  UPDATED_AT_DESC: cursorsOf<ProductKey>('updated-desc', timeKey),
};

export interface ProductsArgs extends PageArgs {
  filter?: ProductFilterInput | null | undefined;
  orderBy?: ProductOrder | null | undefined;
  skus?: string[] | null | undefined;
}

export async function products({ skus, ...args }: ProductsArgs, context: Context): Promise<ProductPage> {
  if (!skus) return filteredProducts(args, context);
  if (args.filter) {
    throw badInput('`skus` cannot be combined with `filter`. Pass one of them.', 'skus', 'NOT_ALLOWED');
  }
  if (args.orderBy) {
    throw badInput(
      '`skus` cannot be combined with `orderBy`: the products are in the order of `skus`.',
      'skus',
    );
  }
  return productsInOrder(skus, args, context);
}

async function filteredProducts(
  args: ProductsArgs,
  { services, signal, baseUrl }: Context,
): Promise<ProductPage> {
  const order = args.orderBy ?? 'SKU_ASC';
  const window = windowOf(args, CURSORS[order]);
  const filter = productFilterOf(args.filter);
  const page = await services.products.page(window, filter, order, signal);
  return {
    ...connectionOf(page, (product) => CURSORS[order].encode(keyOf(order, product))),
    totalCount: () => services.products.count(filter, signal),
    exportUrl: (options) => productExportUrl(args.filter, options, baseUrl),
  };
}

function keyOf(order: ProductOrder, { sku, name, updatedMicros }: ListedProduct): ProductKey {
  if (order.startsWith('SKU')) return { sku };
  return order.startsWith('NAME') ? { name, sku } : { updatedMicros, sku };
}
