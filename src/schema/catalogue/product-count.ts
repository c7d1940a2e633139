// How many products share a name.

import type { ProductCount } from '../../db/catalogue/counts/count-pages.ts';
import type { CountTotals } from '../../db/catalogue/counts/count-store.ts';
import {
  MAX_PRODUCTS_AT_ONCE,
  pageOfName,
  productsOfNames,
} from '../../resolvers/catalogue/products-of-names.ts';
import { costs } from '../../resolvers/field-cost.ts';
import { builder, UNCACHED } from '../builder.ts';
import { ProductConnectionRef } from './product-connection.ts';

export const ProductCountRef = builder.objectRef<ProductCount>('ProductCount').implement({
  description: 'A name and the number of products that have it. Always exact, even during imports.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    productCount: t.expose('productCount', {
      type: 'SafeInt',
      description:
        'The number of products with exactly this name. At least 1, except in `productCountsChanged(names:)`, where it is 0 for a name that no product has.',
    }),
    products: t.loadable({
      type: ProductConnectionRef,
      description: `The products that have this name, ordered by SKU (byte order). Loaded together for all names of a page: at most ${MAX_PRODUCTS_AT_ONCE.toLocaleString('en')} products.`,
      ...costs({ total: 1 }),
      args: t.arg.connectionArgs(),
      load: productsOfNames,
      resolve: (count, args) => pageOfName(count, args),
      loaderOptions: UNCACHED,
    }),
  }),
});

export const ProductCountTotalsRef = builder.objectRef<CountTotals>('ProductCountTotals').implement({
  description: 'Totals for the whole catalogue, read in one snapshot.',
  fields: (t) => ({
    names: t.expose('names', { type: 'SafeInt', description: 'The number of distinct product names.' }),
    products: t.expose('products', { type: 'SafeInt', description: 'The number of products.' }),
  }),
});
