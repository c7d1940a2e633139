// How many products share a name.

import type { ProductCountChange } from '../db/catalogue/count-feed.ts';
import type { CountTotals, ProductCount } from '../db/catalogue/count-store.ts';
import type { ProductCountBucket } from '../resolvers/product-count-buckets.ts';
import {
  productCountHistogram,
  productCountsByName,
  productCountsChanged,
  productCountTotals,
} from '../resolvers/product-counts.ts';
import { builder } from './builder.ts';
import { countedConnectionType, pageArgs } from './connection.ts';

const ProductCountRef = builder.objectRef<ProductCount>('ProductCount').implement({
  description: 'A name, and how many products have it. Exact at every instant, during imports too.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    productCount: t.expose('productCount', {
      type: 'SafeInt',
      description:
        'The number of products with exactly this name; 1 or more. Only where names are asked for one by one, 0 when no product has it.',
    }),
  }),
});

const ProductCountTotalsRef = builder.objectRef<CountTotals>('ProductCountTotals').implement({
  description: 'All names and all products, in numbers, at one instant.',
  fields: (t) => ({
    names: t.expose('names', { type: 'SafeInt', description: 'Names that products have.' }),
    products: t.expose('products', { type: 'SafeInt', description: 'Products.' }),
  }),
});

const ProductCountBucketRef = builder.objectRef<ProductCountBucket>('ProductCountBucket').implement({
  description: 'The names with so many products: a bar of the histogram.',
  fields: (t) => ({
    from: t.expose('from', { type: 'SafeInt', description: 'The least number of products of such a name.' }),
    to: t.expose('to', { type: 'SafeInt', description: 'The largest number of products of such a name.' }),
    names: t.expose('names', { type: 'SafeInt', description: 'How many such names there are.' }),
    products: t.expose('products', { type: 'SafeInt', description: 'The products that they have together.' }),
  }),
});

const ProductCountChangeRef = builder.objectRef<ProductCountChange>('ProductCountChange').implement({
  description: 'Counts as they are after a change.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When the counts were read.' }),
    counts: t.field({
      type: [ProductCountRef],
      description: 'Those of the names that were asked for, in their order; 0 where no product has the name.',
      resolve: ({ counts }) => counts,
    }),
    totals: t.field({
      type: ProductCountTotalsRef,
      description: 'All names and products. Costs a look at all names, so ask for it only where it is shown.',
      resolve: (_change, _args, context) => productCountTotals(context),
    }),
  }),
});

const ProductCountConnectionRef = countedConnectionType('ProductCount', ProductCountRef, {
  description: 'A page of names with their counts.',
  totalCount: 'How many names the filter leaves, exactly. Costs a look at all of them.',
});

const ProductCountOrderRef = builder.enumType('ProductCountOrder', {
  description: 'The order of names with their counts.',
  values: {
    COUNT_DESC: { description: 'The most frequent name first; names of equal count by name, byte by byte.' },
    NAME_ASC: { description: 'By name, byte by byte.' },
  },
});

const ProductCountFilterRef = builder.inputType('ProductCountFilter', {
  description: 'Leaves the names for which all given conditions hold.',
  fields: (t) => ({
    namePrefix: t.string({ description: 'Names that begin with this, letter for letter.' }),
    nameContains: t.string({
      description: 'Names with this text anywhere; upper and lower case are the same.',
    }),
    minProductCount: t.field({ type: 'SafeInt', description: 'Names of at least so many products.' }),
  }),
});

builder.queryFields((t) => ({
  productCountsByName: t.field({
    type: ProductCountConnectionRef,
    description:
      'How many products have each name. The counts of a page all belong to one instant; between two pages they may have moved.',
    args: {
      ...pageArgs,
      orderBy: t.arg({ type: ProductCountOrderRef, description: 'COUNT_DESC unless told.' }),
      filter: t.arg({ type: ProductCountFilterRef, description: 'Which names; all unless told.' }),
    },
    resolve: (_root, args, context) => productCountsByName(args, context),
  }),
  productCountHistogram: t.field({
    type: [ProductCountBucketRef],
    description:
      'How many names have one product, two, three and so on: from 1 up to the largest count without a gap, a bucket for each number up to 10, beyond in wider ones (11 to 20, 21 to 50, 51 to 100 …). Exact, at one instant. Costs a look at all names.',
    resolve: (_root, _args, context) => productCountHistogram(context),
  }),
  productCountTotals: t.field({
    type: ProductCountTotalsRef,
    description: 'How many names and products there are, exactly. Costs a look at all names.',
    resolve: (_root, _args, context) => productCountTotals(context),
  }),
}));

builder.subscriptionField('productCountsChanged', (t) =>
  t.field({
    type: ProductCountChangeRef,
    description:
      'The counts as they are, at once, then again after a change, by imports or updates of any server process; at most every 300 ms, and never one after the other what a slow reader missed. To show a list live, ask for it again at each event.',
    args: {
      names: t.arg.stringList({
        description:
          'Only changes of the counts of these names, which come with them. Without it, changes of any. Up to 500; beyond that BAD_USER_INPUT.',
      }),
    },
    subscribe: (_root, args, context) => productCountsChanged(args, context),
    resolve: (change) => change,
  }),
);
