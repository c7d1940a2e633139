// Queries for name counts: pages, the histogram and the totals.

import { bucketsOf, type ProductCountBucket } from '../../resolvers/catalogue/product-count-buckets.ts';
import { productCountsByName } from '../../resolvers/catalogue/product-counts.ts';
import { MAX_WORDS } from '../../resolvers/catalogue/words.ts';
import { costs, READ_ALL } from '../../resolvers/field-cost.ts';
import { builder } from '../builder.ts';
import { exportArgs } from './export-args.ts';
import { ProductCountRef, ProductCountTotalsRef } from './product-count.ts';

const ProductCountBucketRef = builder.objectRef<ProductCountBucket>('ProductCountBucket').implement({
  description: 'A bar of the histogram: all names whose product count is in a range.',
  fields: (t) => ({
    from: t.expose('from', { type: 'SafeInt', description: 'The lower bound of the range, inclusive.' }),
    to: t.expose('to', { type: 'SafeInt', description: 'The upper bound of the range, inclusive.' }),
    names: t.expose('names', { type: 'SafeInt', description: 'The number of names in the range.' }),
    products: t.expose('products', {
      type: 'SafeInt',
      description: 'The total number of products with these names.',
    }),
  }),
});

const ProductCountOrderRef = builder.enumType('ProductCountOrder', {
  description: 'Sort orders for name counts.',
  values: {
    COUNT_DESC: {
      description: 'By product count, highest first. Names with the same count are in byte order.',
    },
    NAME_ASC: { description: 'By name, in byte order.' },
  },
});

const ProductCountFilterRef = builder.inputType('ProductCountFilter', {
  description: 'Filters name counts. All conditions must match.',
  fields: (t) => ({
    namePrefix: t.string({ description: 'The beginning of the name. Case-sensitive.' }),
    nameContains: t.string({ description: 'Text anywhere in the name. Case-insensitive.' }),
    words: t.string({
      description: `Up to ${MAX_WORDS} words, separated by white space, in any order. Each must be somewhere in the name, as a whole word or a part of one. Case-insensitive. A blank text matches all names.`,
    }),
    minProductCount: t.field({ type: 'SafeInt', description: 'The minimum number of products.' }),
  }),
});

builder.queryFields((t) => ({
  productCountsByName: t.connection(
    {
      type: ProductCountRef,
      authScopes: { reader: true },
      ...costs({ total: READ_ALL }),
      description:
        'Returns how many products have each name. All counts on a page are from the same snapshot; they can change between two pages.',
      args: {
        orderBy: t.arg({ type: ProductCountOrderRef, description: 'The sort order. Default: COUNT_DESC.' }),
        filter: t.arg({ type: ProductCountFilterRef, description: 'Which names to return. Default: all.' }),
      },
      resolve: (_root, args, context) => productCountsByName(args, context),
    },
    {
      name: 'ProductCountConnection',
      description: 'A page of name counts.',
      fields: (connection) => ({
        totalCount: connection.field({
          type: 'SafeInt',
          description:
            'The exact number of names that match the filter. Computed only if you request it, by reading all matching names.',
          resolve: (page) => page.totalCount(),
        }),
        exportUrl: connection.string({
          description:
            'The address of a CSV download of all names that match the filter, in the same order, with the columns `name` and `product_count`. The counts are those of one moment.',
          args: exportArgs(connection),
          resolve: (page, args) => page.exportUrl(args),
        }),
      }),
    },
    { name: 'ProductCountEdge' },
  ),
  productCountHistogram: t.field({
    type: [ProductCountBucketRef],
    ...costs({ cost: READ_ALL, size: 50 }),
    authScopes: { reader: true },
    description:
      'Returns the distribution of product counts: how many names have one product, two products and so on. Buckets cover 1 to the highest count without gaps. Each count up to 10 has its own bucket; above that, buckets get wider (11 to 20, 21 to 50, 51 to 100 …). Exact, from one snapshot. Reads all names.',
    resolve: async (_root, _args, { services, signal }) =>
      bucketsOf(await services.productCounts.histogram(signal)),
  }),
  productCountTotals: t.field({
    type: ProductCountTotalsRef,
    ...costs({ cost: READ_ALL }),
    authScopes: { reader: true },
    description: 'Returns the exact number of names and products. Reads all names.',
    resolve: (_root, _args, { services, signal }) => services.productCounts.totals(signal),
  }),
}));
