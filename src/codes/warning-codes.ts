// What an import warns of: nothing was rejected, but the file may not be what its sender meant. docs/errors.md comes from
// this list.

const WARNINGS = {
  FILES_PASSED_OVER: { meaning: 'The zip has other files besides the one that was read.' },
  BYTES_PASSED_OVER: { meaning: 'There are bytes before or after an archive that are not part of it.' },
  ENCODING_BY_CHARSET: {
    meaning: 'The file of a data source was read in the encoding that its server names (`charset`).',
  },
  CHARSET_UNKNOWN: { meaning: 'The server of a data source names an encoding that does not exist.' },
  SEPARATOR_LINE: {
    meaning:
      'A line such as `sep=;` precedes the header. It was not read as a row, and set the delimiter unless the option `delimiter` did.',
  },
  GUESSED_COLUMNS: {
    meaning:
      'Columns were recognized by names that shop systems give them; `Import.mapping` has them. If one is wrong, set `mapping`.',
  },
  COLUMNS_NOT_KEPT: {
    meaning:
      'With `keepColumns`, columns without a name are not kept, nor those that a download of issues adds.',
  },
  NUMERIC_SKU: {
    meaning:
      'SKUs of a workbook are numbers, so that leading zeros are lost. Format the column as text and enter them again.',
  },
  FORMULA_WITHOUT_RESULT: {
    meaning: 'A formula of a workbook has no stored result, and is read as empty. Save the workbook again.',
  },
  MERGED_CELLS: {
    meaning: 'A sheet has merged cells. The first of them has the value; the others are read as empty.',
  },
  LONG_REJECTED_RECORD: {
    meaning:
      'A rejected record spans more than 20 lines, which may contain valid rows. Correct its first unmatched quote.',
  },
  ROUNDED_SKU: {
    meaning:
      'SKUs are numbers that a spreadsheet rounded (`4.00601E+12`). Digits are lost, and different SKUs may have become equal. Format the column as text and export the file again.',
  },
  PADDED_SKU: {
    meaning:
      'SKUs begin or end with white space or other characters that cannot be seen. They are kept: " a" and "a" are two products.',
  },
} as const satisfies Record<string, { meaning: string }>;

export type WarningCode = keyof typeof WARNINGS;

export const WARNING_CODES: Readonly<Record<WarningCode, { meaning: string }>> = WARNINGS;
