// Queries for products.

import { products } from '../../resolvers/products.ts';
import { builder } from '../builder.ts';
import { exportArgs } from './export-args.ts';
import { ProductRef } from './product.ts';

const AttributeFilterRef = builder.inputType('AttributeFilter', {
  description: 'An attribute of a product, and its value.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name of the attribute. Case-sensitive.' }),
    value: t.string({ required: true, description: 'The exact value. Case-sensitive.' }),
  }),
});

const ProductFilterRef = builder.inputType('ProductFilter', {
  description: 'Filters products. All conditions must match.',
  fields: (t) => ({
    name: t.string({ description: 'The exact name. Case-sensitive.' }),
    skuPrefix: t.string({ description: 'The beginning of the SKU. Case-sensitive.' }),
    nameContains: t.string({ description: 'Text anywhere in the name. Case-insensitive.' }),
    search: t.string({
      description:
        'For a search box: the beginning of the SKU (case-sensitive) or text anywhere in the name (case-insensitive).',
    }),
    attribute: t.field({
      type: AttributeFilterRef,
      description: 'An attribute that the product has, with this value.',
    }),
  }),
});

builder.queryFields((t) => ({
  product: t.field({
    type: ProductRef,
    nullable: true,
    description: 'Returns a product by SKU, or null if it does not exist.',
    args: { sku: t.arg.string({ required: true, description: 'The exact SKU.' }) },
    resolve: async (_root, { sku }, { services }) => (await services.products.get(sku)) ?? null,
  }),
  products: t.connection(
    {
      type: ProductRef,
      description: 'Returns products ordered by SKU (byte order).',
      args: {
        filter: t.arg({ type: ProductFilterRef, description: 'Which products to return. Default: all.' }),
      },
      resolve: (_root, args, context) => products(args, context),
    },
    {
      name: 'ProductConnection',
      description: 'A page of products.',
      fields: (connection) => ({
        totalCount: connection.field({
          type: 'SafeInt',
          description:
            'The exact number of products that match the filter. Computed only if you request it. Can be slow in a large catalogue: a common `nameContains` or `search` text reads all names, `skuPrefix` or `search` reads all products with the prefix, and `attribute` reads all products that have it.',
          resolve: (page) => page.totalCount(),
        }),
        exportUrl: connection.string({
          description:
            'The address of a CSV download of all products that match the filter, with the columns `sku`, `name`, `description` and one for each attribute. Imported with `keepColumns`, all of it is unchanged. The products are those of one moment, in no particular order.',
          args: {
            ...exportArgs(connection),
            attributes: connection.arg.stringList({
              description:
                'The attributes to export. An empty list: none. Default: all that the products have.',
            }),
          },
          resolve: (page, args) => page.exportUrl(args),
        }),
      }),
    },
    { name: 'ProductEdge' },
  ),
}));
