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
  undoes?: string;
  corrects?: string;
  rows?: readonly RowError[];
  sheets?: string[];
  cost?: number;
  limit?: number;
  dearest?: string;
  retryAfter?: number;
}

interface RowError {
  line: number;
  column?: string | null;
  message?: string;
  import?: string;
}

const RowErrorRef = builder.objectRef<RowError>('RowError').implement({
  description: 'A row of `correctRows` that was refused.',
  fields: (t) => ({
    line: t.expose('line', { type: 'SafeInt', description: 'The line in the corrected import.' }),
    column: t.exposeString('column', {
      nullable: true,
      description: 'Of BAD_USER_INPUT, the column at fault. Null if it is not a single one.',
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Of BAD_USER_INPUT, what is wrong and how to fix it, for people.',
    }),
    import: t.id({
      nullable: true,
      description: 'Of ALREADY_CORRECTED, the ID of the import that corrects the row.',
      resolve: (row) => row.import,
    }),
  }),
});

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
    undoes: t.id({
      nullable: true,
      description: 'Of NOT_RETRYABLE for an undo, the ID of the import that it undoes.',
      resolve: ({ undoes }) => undoes,
    }),
    corrects: t.id({
      nullable: true,
      description: 'Of NOT_CORRECTABLE for a correction, the ID of the import that it corrects.',
      resolve: ({ corrects }) => corrects,
    }),
    rows: t.field({
      type: [RowErrorRef],
      nullable: true,
      description: 'Of BAD_USER_INPUT and ALREADY_CORRECTED for `correctRows`, the rows that were refused.',
      resolve: ({ rows }) => rows,
    }),
    cost: t.exposeFloat('cost', {
      nullable: true,
      description: 'Of QUERY_TOO_EXPENSIVE, what the operation would cost.',
    }),
    limit: t.exposeFloat('limit', {
      nullable: true,
      description: 'Of QUERY_TOO_EXPENSIVE, the setting `MAX_QUERY_COST` of the server.',
    }),
    dearest: t.exposeString('dearest', {
      nullable: true,
      description:
        'Of QUERY_TOO_EXPENSIVE, the path of the field that costs most, such as `products.totalCount`.',
    }),
    retryAfter: t.exposeInt('retryAfter', {
      nullable: true,
      description: 'Of RATE_LIMITED and TOO_MANY_UPLOADS, after how many seconds to try again.',
    }),
    sheets: t.exposeStringList('sheets', {
      nullable: true,
      description: 'Of AMBIGUOUS_SHEET, the names of the sheets with data.',
    }),
  }),
});
