// Queries for products.

import { MAX_PAGE_SIZE } from '../../resolvers/pagination.ts';
import { products } from '../../resolvers/products.ts';
import { productsBySkus } from '../../resolvers/products-by-sku.ts';
import { builder, UNCACHED } from '../builder.ts';
import { ProductRef } from './product.ts';
import { ProductConnectionRef } from './product-connection.ts';

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
  product: t.loadable({
    type: ProductRef,
    nullable: true,
    description: 'Returns a product by SKU, or null if it does not exist.',
    args: { sku: t.arg.string({ required: true, description: 'The exact SKU.' }) },
    load: productsBySkus,
    resolve: (_root, { sku }) => sku,
    loaderOptions: UNCACHED,
  }),
  products: t.connection(
    {
      type: ProductRef,
      description: 'Returns products ordered by SKU (byte order), or those with the given `skus`.',
      args: {
        filter: t.arg({ type: ProductFilterRef, description: 'Which products to return. Default: all.' }),
        skus: t.arg.stringList({
          description: `Returns the products with these exact SKUs, in this order and each once; unknown SKUs are in \`missingSkus\`. At most ${MAX_PAGE_SIZE}. A page then has all of them by default. Cannot be combined with \`filter\`.`,
        }),
      },
      resolve: (_root, args, context) => products(args, context),
    },
    ProductConnectionRef,
  ),
}));
