// Pages of products.

import type { ProductPage } from '../../resolvers/catalogue/products-by-sku.ts';
import { builder } from '../builder.ts';
import { exportArgs } from './export-args.ts';
import { ProductRef } from './product.ts';

export const ProductConnectionRef = builder.connectionObject<typeof ProductRef, ProductPage>(
  {
    type: ProductRef,
    name: 'ProductConnection',
    description: 'A page of products.',
    fields: (t) => ({
      totalCount: t.field({
        type: 'SafeInt',
        description:
          'The exact number of products that match the filter. Computed only if you request it. Can be slow in a large catalogue: a common `nameContains` or `search` text reads all names, `skuPrefix` or `search` reads all products with the prefix, `attribute` reads all products that have it, and `skuContains` and `words` read all products if their text is common, or with `inDescription`.',
        resolve: (page) => page.totalCount(),
      }),
      exportUrl: t.string({
        nullable: true,
        description:
          'The address of a CSV download of all products that match the filter, with the columns `sku`, `name`, `description` and one for each attribute. Imported with `keepColumns`, all of it is unchanged. The products are those of one moment, in no particular order. Null for a list by `skus`.',
        args: {
          ...exportArgs(t),
          attributes: t.arg.stringList({
            description:
              'The attributes to export. An empty list: none. Default: all that the products have.',
          }),
        },
        resolve: (page, args) => page.exportUrl?.(args) ?? null,
      }),
      missingSkus: t.stringList({
        description:
          'Of the SKUs in the argument `skus`, those that no product has, in the same order. Otherwise empty.',
        resolve: ({ missingSkus }) => missingSkus ?? [],
      }),
    }),
  },
  { name: 'ProductEdge' },
);
