// Queries for products.

import { products } from '../../resolvers/catalogue/products.ts';
import { productsBySkus } from '../../resolvers/catalogue/products-by-sku.ts';
import { MAX_WORDS } from '../../resolvers/catalogue/words.ts';
import { costOfSearch, costs, lengthOf, type RawArguments, READ_ALL } from '../../resolvers/field-cost.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../resolvers/pagination.ts';
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
    skuContains: t.string({
      description:
        'Text anywhere in the SKU. Case-insensitive. Fast if it has three letters or digits (A to Z, 0 to 9) in a row; otherwise, and for some seconds after the first such search, a rare text reads all products.',
    }),
    nameContains: t.string({ description: 'Text anywhere in the name. Case-insensitive.' }),
    search: t.string({
      description:
        'For a search box: the beginning of the SKU (case-sensitive) or text anywhere in the name (case-insensitive).',
    }),
    words: t.string({
      description: `Up to ${MAX_WORDS} words, separated by white space, in any order. Each must be somewhere in the SKU or in the name, as a whole word or a part of one. Case-insensitive. A blank text matches all products. As fast as \`skuContains\` and \`nameContains\`, except with \`inDescription\`.`,
    }),
    inDescription: t.boolean({
      description:
        'Whether each of the `words` may also be in the description. Default: false. There is no index on descriptions: unless many products match, all are read, which takes seconds for millions and may end with QUERY_TIMEOUT. Without `words`, it has no effect.',
    }),
    attribute: t.field({
      type: AttributeFilterRef,
      description: 'An attribute that the product has, with this value.',
    }),
  }),
});

const ProductOrderRef = builder.enumType('ProductOrder', {
  description:
    'Sort orders for products. SKUs and names are in byte order. Products with the same name or time are by SKU, in the same direction.',
  values: {
    SKU_ASC: { description: 'By SKU.' },
    SKU_DESC: { description: 'By SKU, last one first.' },
    NAME_ASC: { description: 'By name.' },
    NAME_DESC: { description: 'By name, last one first.' },
    UPDATED_AT_DESC: {
      description:
        'By `updatedAt`, newest first. The index for it is built when it is first asked for, and dropped after 30 days without use; until it is there, all products are read.',
    },
    UPDATED_AT_ASC: { description: 'By `updatedAt`, oldest first, with the same index.' },
  },
});

/** A list by `skus` has all of them unless `first` or `last` say less. */
function sizeOfProducts({ skus }: RawArguments): number {
  return skus == null ? DEFAULT_PAGE_SIZE : lengthOf(skus);
}

builder.queryFields((t) => ({
  product: t.loadable({
    type: ProductRef,
    nullable: true,
    authScopes: { reader: true },
    description: 'Returns a product by SKU, or null if it does not exist.',
    args: { sku: t.arg.string({ required: true, description: 'The exact SKU.' }) },
    load: productsBySkus,
    resolve: (_root, { sku }) => sku,
    loaderOptions: UNCACHED,
  }),
  products: t.connection(
    {
      type: ProductRef,
      authScopes: { reader: true },
      description: 'Returns products in any order, or those with the given `skus`.',
      ...costs({ cost: costOfSearch, size: sizeOfProducts, total: READ_ALL }),
      args: {
        orderBy: t.arg({ type: ProductOrderRef, description: 'The sort order. Default: SKU_ASC.' }),
        filter: t.arg({ type: ProductFilterRef, description: 'Which products to return. Default: all.' }),
        skus: t.arg.stringList({
          description: `Returns the products with these exact SKUs, in this order and each once; unknown SKUs are in \`missingSkus\`. At most ${MAX_PAGE_SIZE}. A page then has all of them by default. Cannot be combined with \`filter\` or \`orderBy\`.`,
        }),
      },
      resolve: (_root, args, context) => products(args, context),
    },
    ProductConnectionRef,
  ),
}));
