// The mutations `updateProducts` and `deleteProducts`, which edit many products at once.

import { MAX_NAME_LENGTH } from '../../db/catalogue/product-rules.ts';
import type { ProductEdit, ProductEditError } from '../../db/catalogue/products/product-batch-store.ts';
import { deleteProducts, MAX_EDITS, updateProducts } from '../../resolvers/catalogue/product-edits.ts';
import { costs, lengthOf } from '../../resolvers/field-cost.ts';
import { builder, type InputFieldBuilder } from '../builder.ts';
import { ErrorCodeRef } from '../error-code.ts';
import { FieldErrorRef } from '../field-error.ts';
import { ProductRef } from './product.ts';

const ProductEditOutcomeRef = builder.enumType('ProductEditOutcome', {
  description: 'What became of one of several edits.',
  values: {
    UPDATED: { description: 'The product was changed.' },
    UNCHANGED: { description: 'The product has these values already. Nothing was written for it.' },
    DELETED: { description: 'The product was deleted.' },
    FAILED: { description: 'Nothing was written for this product; `error` says why.' },
  },
});

const ProductEditErrorRef = builder.objectRef<ProductEditError>('ProductEditError').implement({
  description: 'Why one of several edits failed.',
  fields: (t) => ({
    code: t.expose('code', {
      type: ErrorCodeRef,
      description:
        'NOT_FOUND if no product has the SKU, CONFLICT if the product has changed since `updatedAt`, BAD_USER_INPUT for invalid values.',
    }),
    message: t.exposeString('message', { description: 'What is wrong and what to do.' }),
    field: t.exposeString('field', {
      nullable: true,
      description: 'The first invalid field, if values are invalid.',
    }),
    fields: t.expose('fields', {
      type: [FieldErrorRef],
      description: 'All invalid fields. Empty if the values are valid.',
    }),
  }),
});

const ProductEditRef = builder.objectRef<ProductEdit>('ProductEdit').implement({
  description: 'What became of one of several edits.',
  fields: (t) => ({
    sku: t.exposeString('sku', { description: 'The SKU that was given.' }),
    outcome: t.expose('outcome', { type: ProductEditOutcomeRef, description: 'What became of the edit.' }),
    product: t.expose('product', {
      type: ProductRef,
      nullable: true,
      description:
        'The product as it is now, also after a CONFLICT, or as it was if it has been deleted. Null if no product has the SKU, or the values are invalid.',
    }),
    error: t.expose('error', {
      type: ProductEditErrorRef,
      nullable: true,
      description: 'Why the edit failed. Null if it did not.',
    }),
  }),
});

function identifyingFields(t: InputFieldBuilder) {
  return {
    sku: t.string({ required: true, description: 'The exact SKU of the product.' }),
    updatedAt: t.field({
      type: 'DateTime',
      description:
        'Pass the `updatedAt` that you have read to avoid overwriting a newer change. If the product has changed since then, nothing is written for it. Omit it to skip this check.',
    }),
  };
}

const ProductUpdateRef = builder.inputType('ProductUpdate', {
  description:
    'A change of one of several products. Omitted fields keep their values. At least one of `name`, `description` and `attributes` is required; null is not allowed.',
  fields: (t) => ({
    ...identifyingFields(t),
    name: t.string({ description: `The new name. Up to ${MAX_NAME_LENGTH} characters, not blank.` }),
    description: t.string({ description: 'The new description. May be empty.' }),
    attributes: t.field({
      type: 'JSONObject',
      description:
        'The attributes to set, as texts under their names, and null or an empty text for those to remove. All others stay. A name is not blank, and has no white space around it; a value may be as long as a description. A later import with a column of that name sets it again.',
    }),
  }),
});

const ProductDeletionRef = builder.inputType('ProductDeletion', {
  description: 'One of several products to delete.',
  fields: identifyingFields,
});

const EACH_FOR_ITSELF =
  'Each stands for itself: what cannot be done is in the results, in the order given, and the rest is done, in one transaction with the counts of all names.';

builder.mutationFields((t) => ({
  updateProducts: t.field({
    type: [ProductEditRef],
    ...costs({ size: ({ products }) => lengthOf(products) }),
    nullable: true,
    authScopes: { writer: true },
    description: `Changes the names, descriptions or attributes of up to ${MAX_EDITS} products. ${EACH_FOR_ITSELF} Errors: BAD_USER_INPUT for more products, or for one that is named twice; then nothing is written.`,
    args: {
      products: t.arg({
        type: [ProductUpdateRef],
        required: true,
        description: `The changes, of up to ${MAX_EDITS} different products.`,
      }),
    },
    resolve: (_root, { products }, context) => updateProducts(products, context),
  }),
  deleteProducts: t.field({
    type: [ProductEditRef],
    ...costs({ size: ({ products }) => lengthOf(products) }),
    nullable: true,
    authScopes: { writer: true },
    description: `Deletes up to ${MAX_EDITS} products. ${EACH_FOR_ITSELF} A file or data source that still has a SKU brings the product back with its next import. Errors: BAD_USER_INPUT for more products, or for one that is named twice; then nothing is written.`,
    args: {
      products: t.arg({
        type: [ProductDeletionRef],
        required: true,
        description: `Up to ${MAX_EDITS} different products.`,
      }),
    },
    resolve: (_root, { products }, context) => deleteProducts(products, context),
  }),
}));
