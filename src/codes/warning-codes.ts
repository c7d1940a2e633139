// What an import warns of: nothing was rejected, but the file may not be what its sender meant. The GraphQL enum and
// docs/errors.md come from this list.

import type { CodeDescription } from './code-description.ts';

const WARNINGS = {
  FILES_PASSED_OVER: {
    meaning: 'The zip has other files besides the one that was read.',
    action: 'If another one was meant, send it in a zip of its own.',
  },
  BYTES_PASSED_OVER: {
    meaning: 'There are bytes before or after an archive that are not part of it.',
    action: 'If rows are missing, create the archive again.',
  },
  ENCODING_BY_CHARSET: {
    meaning: 'The file of a data source was read in the encoding that its server names (`charset`).',
    action: 'If letters are wrong, set `encoding` on the data source.',
  },
  CHARSET_UNKNOWN: {
    meaning: 'The server of a data source names an encoding that does not exist. The file was read as UTF-8.',
    action: 'Set `encoding` on the data source, or correct the Content-Type of its server.',
  },
  SEPARATOR_LINE: {
    meaning:
      'A line such as `sep=;` precedes the header. It was not read as a row, and set the delimiter unless the option `delimiter` did.',
    action: 'No action is needed.',
  },
  GUESSED_COLUMNS: {
    meaning: 'Columns were recognized by names that shop systems give them; `Import.mapping` has them.',
    action: 'If one is wrong, set `mapping`.',
  },
  COLUMNS_NOT_KEPT: {
    meaning:
      'With `keepColumns`, columns without a name are not kept, nor those that a download of issues adds.',
    action: 'To keep a column, give it a name in the header.',
  },
  NUMERIC_SKU: {
    meaning: 'SKUs of a workbook are numbers, so that leading zeros are lost.',
    action: 'Format the column as text and enter them again.',
  },
  FORMULA_WITHOUT_RESULT: {
    meaning: 'A formula of a workbook has no stored result, and is read as empty.',
    action: 'Open the workbook in a spreadsheet and save it again.',
  },
  MERGED_CELLS: {
    meaning: 'A sheet has merged cells. The first of them has the value; the others are read as empty.',
    action: 'Unmerge them, and fill each in.',
  },
  LONG_REJECTED_RECORD: {
    meaning: 'A rejected record spans more than 20 lines, which may contain valid rows.',
    action: 'Correct its first unmatched quote.',
  },
  ROUNDED_SKU: {
    meaning:
      'SKUs are numbers that a spreadsheet rounded (`4.00601E+12`). Digits are lost, and different SKUs may have become equal.',
    action: 'Format the column as text and export the file again.',
  },
  PADDED_SKU: {
    meaning:
      'SKUs begin or end with white space or other characters that cannot be seen. They are kept: " a" and "a" are two products.',
    action: 'If that is not meant, remove these characters and import the file again.',
  },
  ISSUES_NOT_KEPT: {
    meaning:
      'More rows were superseded than are kept as issues (`MAX_ROW_ISSUES`). All of them are counted; `RowIssueCount.kept` is the number of those that are listed.',
    action:
      'Remove repeated SKUs from the file; or raise `MAX_ROW_ISSUES` and import the file again to see all of them.',
  },
  OTHER: {
    meaning:
      'Another version of Loadstone read the file, and warns of something that this one does not know.',
    action: 'See the message.',
  },
} as const satisfies Record<string, CodeDescription>;

export type WarningCode = keyof typeof WARNINGS;

export const WARNING_CODES: Readonly<Record<WarningCode, CodeDescription>> = WARNINGS;

/** @returns a stored code as one of this version; OTHER for a code that only another version has */
export function warningCodeOf(stored: string): WarningCode {
  return Object.hasOwn(WARNINGS, stored) ? (stored as WarningCode) : 'OTHER';
}
