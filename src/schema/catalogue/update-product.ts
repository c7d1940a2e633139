// The mutation `updateProduct`.

import { authorOf } from '../../access/identity.ts';
import { MAX_NAME_LENGTH } from '../../db/catalogue/product-rules.ts';
import { builder } from '../builder.ts';
import { ProductRef } from './product.ts';

const UpdateProductInputRef = builder.inputType('UpdateProductInput', {
  description:
    'The fields to change. Omitted fields keep their values. At least one field is required; null is not allowed.',
  fields: (t) => ({
    name: t.string({
      description: `The new name. Up to ${MAX_NAME_LENGTH} characters, not blank. The counts of the old and the new name are updated in the same transaction.`,
    }),
    description: t.string({
      description:
        'The new description. May be empty. Maximum length: the setting `MAX_DESCRIPTION_LENGTH`, 1,000,000 characters by default.',
    }),
    attributes: t.field({
      type: 'JSONObject',
      description:
        'The attributes to set, as texts under their names, and null or an empty text for those to remove. All others stay. A name is not blank, and has no white space around it; a value may be as long as a description. A later import with a column of that name sets it again.',
    }),
  }),
});

builder.mutationField('updateProduct', (t) =>
  t.field({
    type: ProductRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Changes the name, the description, attributes, or several of them. If the values are already the same, nothing is written. Errors: NOT_FOUND if no product has this SKU, BAD_USER_INPUT for invalid values, with all wrong fields in `extensions.fields`, CONFLICT if the product has changed since `updatedAt`.',
    args: {
      sku: t.arg.string({ required: true, description: 'The exact SKU of the product.' }),
      input: t.arg({ type: UpdateProductInputRef, required: true, description: 'The fields to change.' }),
      updatedAt: t.arg({
        type: 'DateTime',
        description:
          'Pass the `updatedAt` that you have read to avoid overwriting a newer change. If the product has changed since then, nothing is written and the error CONFLICT returns the current product in `extensions.product`. Omit it to skip this check.',
      }),
    },
    resolve: (_root, { sku, input, updatedAt }, { services, identity }) =>
      services.products.update(sku, input, updatedAt ?? undefined, authorOf(identity)),
  }),
);
