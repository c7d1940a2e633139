// What the sender of a workbook should know.

import type { ImportWarning } from '../../../../db/tables.ts';
import type { SheetNotes } from './sheet-rows.ts';

/** @param skuColumn its index; -1 if it is not known */
export function sheetWarnings(
  { numberRows, emptyFormulaRow, hasMergedCells }: SheetNotes,
  skuColumn: number,
): ImportWarning[] {
  const warnings: ImportWarning[] = [];
  const numberRow = numberRows.get(skuColumn);
  if (numberRow !== undefined) {
    const message = `SKUs are numbers in the workbook, from row ${numberRow} on. They are read as plain numbers: zeros before them, and what their format displays besides, are lost. Format the column as text and enter them again.`;
    warnings.push({ code: 'NUMERIC_SKU', message, line: numberRow });
  }
  if (emptyFormulaRow !== undefined) {
    const message = `Row ${emptyFormulaRow} has a formula without a stored result, which is read as empty. There may be more. Open the workbook in a spreadsheet program and save it again.`;
    warnings.push({ code: 'FORMULA_WITHOUT_RESULT', message, line: emptyFormulaRow });
  }
  if (hasMergedCells) {
    const message =
      'The sheet has merged cells: the first of them has the value, and the others are read as empty. Unmerge them and fill in the value.';
    warnings.push({ code: 'MERGED_CELLS', message, line: null });
  }
  return warnings;
}
