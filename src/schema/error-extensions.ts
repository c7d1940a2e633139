// The `extensions` of errors as a type of the schema, so that a client's code generator knows their shape. No field has it.

import type { ErrorCode } from '../codes/error-codes.ts';
import type { Product } from '../db/catalogue/product.ts';
import type { FieldError } from '../errors.ts';
import { builder } from './builder.ts';
import { ProductRef } from './catalogue/product.ts';
import { ErrorCodeRef } from './error-code.ts';
import { FieldErrorRef } from './field-error.ts';

interface ErrorExtensions {
  code: ErrorCode;
  field?: string;
  fields?: readonly FieldError[];
  product?: Product;
  undoneBy?: string;
  sheets?: string[];
}

builder.objectRef<ErrorExtensions>('ErrorExtensions').implement({
  description:
    'The shape of `errors[].extensions`. No field returns it: it is here for code generators, which make a type of a fragment on it. Keys that an error does not have are absent.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef, description: 'The reason, for programs.' }),
    fields: t.field({
      type: [FieldErrorRef],
      nullable: true,
      description: 'All fields of the input that are wrong. `code` belongs to the first of them.',
      resolve: ({ fields }) => fields,
    }),
    field: t.exposeString('field', {
      nullable: true,
      description: 'The name of the first of `fields`.',
    }),
    product: t.expose('product', {
      type: ProductRef,
      nullable: true,
      description:
        'Of CONFLICT and ALREADY_EXISTS, the product as it is now: `sku`, `name`, `description`, `attributes` and `updatedAt`, as `Product` has them.',
    }),
    undoneBy: t.id({
      nullable: true,
      description: 'Of BEING_UNDONE and ALREADY_UNDONE, the ID of the undo.',
      resolve: ({ undoneBy }) => undoneBy,
    }),
    sheets: t.exposeStringList('sheets', {
      nullable: true,
      description: 'Of AMBIGUOUS_SHEET, the names of the sheets with data.',
    }),
  }),
});
