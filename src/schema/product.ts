// Products: the type, how they are found, and how one is changed.

import { MAX_NAME_LENGTH } from '../db/catalogue/product-rules.ts';
import type { Product } from '../db/catalogue/product-search.ts';
import { product, products, updateProduct } from '../resolvers/products.ts';
import { builder } from './builder.ts';
import { countedConnectionType, pageArgs } from './connection.ts';

const ProductRef = builder.objectRef<Product>('Product').implement({
  description: 'A product of the catalogue.',
  fields: (t) => ({
    sku: t.exposeString('sku', {
      description: 'Its key; letters count as they are, in upper and lower case.',
    }),
    name: t.exposeString('name', { description: 'Its name, which many products may share.' }),
    description: t.exposeString('description', { description: 'Its description; may be empty.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description:
        'When it was inserted or last became different; writing equal values again changes nothing.',
    }),
  }),
});

const ProductConnectionRef = countedConnectionType('Product', ProductRef, {
  description: 'A page of products.',
  totalCount:
    'How many products the filter leaves, exactly. Costs a look at all names where `nameContains` or `search` is common, and at all products with the prefix where `skuPrefix` or `search` is given.',
});

const ProductFilterRef = builder.inputType('ProductFilter', {
  description: 'Leaves the products for which all given conditions hold.',
  fields: (t) => ({
    name: t.string({ description: 'Products with exactly this name.' }),
    skuPrefix: t.string({ description: 'Products whose SKU begins with this, letter for letter.' }),
    nameContains: t.string({
      description: 'Products with this text anywhere in their name; upper and lower case are the same.',
    }),
    search: t.string({
      description:
        'Products whose SKU begins with this, letter for letter, or that have it anywhere in their name, upper and lower case being the same.',
    }),
  }),
});

const UpdateProductInputRef = builder.inputType('UpdateProductInput', {
  description:
    'What to change. A field left out stays as it is; one of them is needed, and null is BAD_USER_INPUT.',
  fields: (t) => ({
    name: t.string({
      description: `The new name: up to ${MAX_NAME_LENGTH} characters, not blank. Both names' counts move in the same transaction.`,
    }),
    description: t.string({
      description:
        "The new description, which may be empty. Its limit is the server's, 1,000,000 characters unless set.",
    }),
  }),
});

builder.queryFields((t) => ({
  product: t.field({
    type: ProductRef,
    nullable: true,
    description: 'The product with this SKU, or null.',
    args: { sku: t.arg.string({ required: true, description: 'The whole SKU.' }) },
    resolve: (_root, args, context) => product(args, context),
  }),
  products: t.field({
    type: ProductConnectionRef,
    description:
      'Products in the order of their SKUs (byte by byte), a page at a time, forwards or backwards.',
    args: {
      ...pageArgs,
      filter: t.arg({ type: ProductFilterRef, description: 'Which products; all unless told.' }),
    },
    resolve: (_root, args, context) => products(args, context),
  }),
}));

builder.mutationField('updateProduct', (t) =>
  t.field({
    type: ProductRef,
    description:
      'Changes the name or the description of a product, or both. NOT_FOUND when no product has the SKU, BAD_USER_INPUT for values that a product cannot have, CONFLICT when it was changed since `updatedAt`. Where nothing changes, nothing is written.',
    args: {
      sku: t.arg.string({ required: true, description: 'The whole SKU of the product.' }),
      input: t.arg({ type: UpdateProductInputRef, required: true, description: 'What to change.' }),
      updatedAt: t.arg({
        type: 'DateTime',
        description:
          'The `updatedAt` of the product as you saw it: if someone has changed it since, nothing is written, and the error CONFLICT has the newer one as `product` among its extensions. Without it the change is made in any case.',
      }),
    },
    resolve: (_root, args, context) => updateProduct(args, context),
  }),
);
