// Why a row was not imported, and what a file was warned of, in the words of the console.

import type { graphql } from '../../api/graphql.ts';

export type IssueCode = ReturnType<typeof graphql.scalar<'RowIssueCode'>>;

interface IssueText {
  /** The reason, in a few words. */
  label: string;
  /** In place of what the server's message says about options and settings. */
  advice?: string;
}

const IN_ANOTHER_ENCODING = 'If the file is in another encoding, import it again in that one.';
const LIMIT = 'The limit is a setting of the server.';

export const ISSUE_TEXTS: Readonly<Record<string, IssueText>> = {
  RECORD_TOO_LARGE: { label: 'Row too long', advice: LIMIT },
  NUL_CHARACTER: { label: 'Invalid character' },
  INVALID_UTF8: { label: 'Not valid UTF-8', advice: IN_ANOTHER_ENCODING },
  INVALID_ENCODING: { label: 'Not valid in this encoding', advice: IN_ANOTHER_ENCODING },
  UNBALANCED_QUOTE: {
    label: 'Misplaced quote',
    advice: 'Or import the file again, and say under Options how quotes and spaces are meant.',
  },
  WRONG_FIELD_COUNT: { label: 'Wrong number of fields' },
  BLANK_SKU: { label: 'No SKU' },
  BLANK_NAME: { label: 'No name' },
  REPEATED_HEADER: { label: 'Header repeated' },
  SKU_TOO_LONG: { label: 'SKU too long' },
  NAME_TOO_LONG: { label: 'Name too long' },
  DESCRIPTION_TOO_LONG: { label: 'Description too long', advice: LIMIT },
  ATTRIBUTE_TOO_LONG: { label: 'Attribute too long', advice: LIMIT },
  DUPLICATE_SKU: {
    label: 'SKU there more than once',
    advice: 'Or import the file again, and say under Options which of such rows counts.',
  },
  SUPERSEDED: { label: 'Superseded' },
  OTHER: { label: 'Other reason' },
};

export const WARNING_TEXTS: Readonly<Record<string, IssueText>> = {
  FILES_PASSED_OVER: { label: 'Other files in the zip' },
  BYTES_PASSED_OVER: { label: 'Something else around the archive' },
  ENCODING_BY_CHARSET: { label: 'Encoding named by the server of the source' },
  CHARSET_UNKNOWN: { label: 'Encoding of the source not known' },
  SEPARATOR_LINE: {
    label: 'Line that names the delimiter',
    advice: 'The delimiter that was chosen is used instead.',
  },
  GUESSED_COLUMNS: {
    label: 'Columns recognized by their names',
    advice: 'If that is wrong, import the file again and choose the columns.',
  },
  COLUMNS_NOT_KEPT: { label: 'Columns not kept' },
  NUMERIC_SKU: { label: 'SKUs that are numbers' },
  FORMULA_WITHOUT_RESULT: { label: 'Formula without a result' },
  MERGED_CELLS: { label: 'Merged cells' },
  LONG_REJECTED_RECORD: { label: 'Long rejected row' },
  ROUNDED_SKU: { label: 'SKUs rounded by a spreadsheet' },
  PADDED_SKU: { label: 'SKUs with spaces around them' },
  ISSUES_NOT_KEPT: { label: 'Superseded rows not listed' },
  OTHER: { label: 'Something else' },
};

export function issueLabel(code: string): string {
  return ISSUE_TEXTS[code]?.label ?? code;
}

export function isIssueCode(text: string | null): text is IssueCode {
  return text !== null && Object.hasOwn(ISSUE_TEXTS, text);
}

export function warningLabel(code: string): string {
  return WARNING_TEXTS[code]?.label ?? code;
}
