// Why a row of a file did not become a product: the codes of row issues. The GraphQL enum and docs/errors.md come from
// this list.

import type { CodeDescription } from './code-description.ts';

/** In order of precedence: a record with several faults gets the first. */
const REJECTIONS = {
  RECORD_TOO_LARGE: {
    meaning: 'The record is longer than `MAX_RECORD_BYTES`.',
    action: 'Shorten it, or raise `MAX_RECORD_BYTES`.',
  },
  NUL_CHARACTER: { meaning: 'The record has a NUL character.', action: 'Remove it.' },
  INVALID_UTF8: {
    meaning: 'The record has bytes that are not valid UTF-8.',
    action: 'Set the correct `encoding`, or correct the bytes.',
  },
  INVALID_ENCODING: {
    meaning:
      'The record has bytes that are invalid in the encoding of the file, or an incomplete character. They are shown as U+FFFD.',
    action: 'Set the correct `encoding`, or correct the bytes.',
  },
  UNBALANCED_QUOTE: {
    meaning:
      'The record has a quote inside of an unquoted field, text after a closing quote, or a quote that is never closed.',
    action: 'Quote the field and double the quotes inside of it; see the message.',
  },
  WRONG_FIELD_COUNT: {
    meaning: 'The record has more or fewer fields than the header.',
    action: 'Quote the field that contains a delimiter or a line break.',
  },
  BLANK_SKU: {
    meaning: 'The SKU is empty, or has only characters that cannot be seen.',
    action: 'Fill in the SKU.',
  },
  BLANK_NAME: {
    meaning: 'The name is empty, or has only characters that cannot be seen.',
    action: 'Fill in the name.',
  },
  REPEATED_HEADER: {
    meaning: 'The record repeats the header, as in files that were joined.',
    action: 'No action is needed.',
  },
  SKU_TOO_LONG: { meaning: 'The SKU has more than 256 characters.', action: 'Shorten it.' },
  NAME_TOO_LONG: { meaning: 'The name has more than 512 characters.', action: 'Shorten it.' },
  DESCRIPTION_TOO_LONG: {
    meaning: 'The description has more than `MAX_DESCRIPTION_LENGTH` characters.',
    action: 'Shorten it, or raise `MAX_DESCRIPTION_LENGTH`.',
  },
  ATTRIBUTE_TOO_LONG: {
    meaning:
      'With `keepColumns`, a value of another column has more than `MAX_DESCRIPTION_LENGTH` characters, or all of them together are too large to be stored.',
    action: 'Shorten it, or raise `MAX_DESCRIPTION_LENGTH`.',
  },
  DUPLICATE_SKU: {
    meaning:
      'The SKU occurs in several rows of the file, and `onDuplicate` is REJECT: all of them are rejected.',
    action: 'Keep one of the rows; the message has their lines.',
  },
} as const satisfies Record<string, CodeDescription>;

export type RejectionCode = keyof typeof REJECTIONS;

/** The code of a row that another row of the same file with the same SKU replaced. */
export const SUPERSEDED = 'SUPERSEDED';

export type RowIssueCode = RejectionCode | typeof SUPERSEDED | 'OTHER';

export const ROW_ISSUE_CODES: Readonly<Record<RowIssueCode, CodeDescription>> = {
  ...REJECTIONS,
  [SUPERSEDED]: {
    meaning: 'Another row of the file has the same SKU and was imported instead: `winningLine` is its line.',
    action: 'To import another one of them, set `onDuplicate`, or keep only that row.',
  },
  OTHER: {
    meaning:
      'The row was rejected by another version of Loadstone, for a reason that this one does not know.',
    action: 'See the message, or ask a server of that version.',
  },
};

export function isRowIssueCode(code: string): code is RowIssueCode {
  return Object.hasOwn(ROW_ISSUE_CODES, code);
}

/** @returns a stored code as one of this version; OTHER for a code that only another version has */
export function rowIssueCodeOf(stored: string): RowIssueCode {
  return isRowIssueCode(stored) ? stored : 'OTHER';
}
