// The mutation `createProduct`.

import { authorOf } from '../../access/identity.ts';
import { MAX_NAME_LENGTH, MAX_SKU_LENGTH } from '../../db/catalogue/product-rules.ts';
import { builder } from '../builder.ts';
import { ProductRef } from './product.ts';

const CreateProductInputRef = builder.inputType('CreateProductInput', {
  description: 'A new product. Values are stored as they are, as those of a file.',
  fields: (t) => ({
    sku: t.string({
      required: true,
      description: `The SKU, which no product has yet. Up to ${MAX_SKU_LENGTH} characters, not blank. Case-sensitive.`,
    }),
    name: t.string({
      required: true,
      description: `The name. Up to ${MAX_NAME_LENGTH} characters, not blank.`,
    }),
    description: t.string({
      description:
        'The description. Maximum length: the setting `MAX_DESCRIPTION_LENGTH`, 1,000,000 characters by default. Default: empty.',
    }),
    attributes: t.field({
      type: 'JSONObject',
      description:
        'Attributes, as texts under their names. A name is not blank, and has no white space around it; a value may be as long as a description. A blank value is left out. Default: none.',
    }),
  }),
});

builder.mutationField('createProduct', (t) =>
  t.field({
    type: ProductRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Creates a product. The count of its name changes in the same transaction. No data source deletes the product unless its file has the SKU in a later import. Errors: BAD_USER_INPUT for invalid values, ALREADY_EXISTS if a product has this SKU, with that product in `extensions.product`. All wrong fields are in `extensions.fields`.',
    args: { input: t.arg({ type: CreateProductInputRef, required: true, description: 'The new product.' }) },
    resolve: (_root, { input: { sku, name, description, attributes } }, { services, identity }) =>
      services.products.create({ sku, name, description: description ?? '', attributes }, authorOf(identity)),
  }),
);
