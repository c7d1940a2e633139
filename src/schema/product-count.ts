// How many products share a name.

import type { ProductCount } from '../db/product-count-store.ts';
import { productCountsByName } from '../resolvers/product-counts.ts';
import { builder } from './builder.ts';
import { countedConnectionType, forwardArgs } from './connection.ts';

const ProductCountRef = builder.objectRef<ProductCount>('ProductCount').implement({
  description: 'A name, and how many products have it. Exact at every instant, during imports too.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    productCount: t.expose('productCount', {
      type: 'SafeInt',
      description: 'The number of products with exactly this name; 1 or more.',
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
    minProductCount: t.field({ type: 'SafeInt', description: 'Names of at least so many products.' }),
  }),
});

builder.queryField('productCountsByName', (t) =>
  t.field({
    type: ProductCountConnectionRef,
    description:
      'How many products have each name. The counts of a page all belong to one instant; between two pages they may have moved.',
    args: {
      ...forwardArgs,
      orderBy: t.arg({ type: ProductCountOrderRef, description: 'COUNT_DESC unless told.' }),
      filter: t.arg({ type: ProductCountFilterRef, description: 'Which names; all unless told.' }),
    },
    resolve: (_root, args, context) => productCountsByName(args, context),
  }),
);
