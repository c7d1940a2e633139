// What is wrong with the fields of an input, as in `extensions.fields` of an error.

import { FIELD_ERROR_CODES } from '../codes/field-error-codes.ts';
import type { FieldError } from '../errors.ts';
import { builder } from './builder.ts';
import { codeValues } from './code-values.ts';

const FieldErrorCodeRef = builder.enumType('FieldErrorCode', {
  description: 'What is wrong with a field of an input. Values never change; new ones may be added.',
  values: codeValues(FIELD_ERROR_CODES),
});

export const FieldErrorRef = builder.objectRef<FieldError>('FieldError').implement({
  description: 'What is wrong with a field of an input.',
  fields: (t) => ({
    field: t.exposeString('field', {
      description: 'The name of the field or argument; with dots within an object, such as `filter.name`.',
    }),
    code: t.expose('code', { type: FieldErrorCodeRef, description: 'The reason, for programs.' }),
    message: t.exposeString('message', { description: 'What is wrong and how to fix it, for people.' }),
  }),
});
