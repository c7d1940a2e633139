// What is wrong with a field of an input. The GraphQL enum and docs/errors.md come from this list.

import type { CodeDescription } from './code-description.ts';

const FIELD_ERRORS = {
  REQUIRED: {
    meaning: 'There is no value, or it is null.',
    action: 'Give one, or leave out the field if it has a value already.',
  },
  BLANK: {
    meaning: 'The text is empty, or has only characters that cannot be seen.',
    action: 'Fill in the field.',
  },
  INVALID: {
    meaning: 'The value does not have the form that it needs, or has characters that cannot be stored.',
    action: 'See the message for the form.',
  },
  TOO_LONG: {
    meaning: 'The text has too many characters.',
    action: 'Shorten it; the message has the limit.',
  },
  TOO_MANY: { meaning: 'The list has too many items.', action: 'Shorten it; the message has the limit.' },
  OUT_OF_RANGE: {
    meaning: 'The number is too small or too large.',
    action: 'Choose one in the range that the message names.',
  },
  DUPLICATE: { meaning: 'The list says twice what it can say once.', action: 'Keep one of them.' },
  TAKEN: { meaning: 'Another object has this value, which must be unique.', action: 'Choose another value.' },
  NOT_FOUND: {
    meaning: 'The value names something that does not exist.',
    action: 'Correct it, or create what it names.',
  },
  NOT_ALLOWED: {
    meaning: 'The value is valid, but not allowed here.',
    action: 'See the message for the reason.',
  },
} as const satisfies Record<string, CodeDescription>;

export type FieldErrorCode = keyof typeof FIELD_ERRORS;

export const FIELD_ERROR_CODES: Readonly<Record<FieldErrorCode, CodeDescription>> = FIELD_ERRORS;
