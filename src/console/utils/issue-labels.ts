// Why a row was not imported, in a few words, for people.

const LABELS: Record<string, string> = {
  RECORD_TOO_LARGE: 'Row too long',
  NUL_CHARACTER: 'Invalid character',
  INVALID_UTF8: 'Not valid UTF-8',
  INVALID_ENCODING: 'Not valid in this encoding',
  UNBALANCED_QUOTE: 'Misplaced quote',
  WRONG_FIELD_COUNT: 'Wrong number of fields',
  BLANK_SKU: 'No SKU',
  BLANK_NAME: 'No name',
  REPEATED_HEADER: 'Header repeated',
  SKU_TOO_LONG: 'SKU too long',
  NAME_TOO_LONG: 'Name too long',
  DESCRIPTION_TOO_LONG: 'Description too long',
  ATTRIBUTE_TOO_LONG: 'Attribute too long',
  DUPLICATE_SKU: 'SKU there more than once',
  SUPERSEDED: 'Superseded',
};

export function issueLabel(code: string): string {
  return LABELS[code] ?? code;
}
