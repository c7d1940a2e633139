// Why a row was not imported, in a few words, for people.

import type { graphql } from '../api/graphql.ts';

export type IssueCode = ReturnType<typeof graphql.scalar<'RowIssueCode'>>;

const LABELS: Record<IssueCode, string> = {
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
  OTHER: 'Other reason',
};

export function issueLabel(code: IssueCode): string {
  return LABELS[code];
}

export function isIssueCode(text: string | null): text is IssueCode {
  return text !== null && Object.hasOwn(LABELS, text);
}
