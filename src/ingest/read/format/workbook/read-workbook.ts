// Reads the sheet with the data of a workbook (.xlsx) as CSV.

import { LoadstoneError } from '../../../../errors.ts';
import { XmlError } from './read-xml.ts';
import { SharedStrings } from './shared-strings.ts';
import { hasValues, noNotes, type SheetNotes, sheetRows } from './sheet-rows.ts';
import { type OpenPart, readWorkbookParts, type Sheet, type Workbook } from './workbook-parts.ts';

/** Names of sheets in a message. */
const MAX_SHOWN = 10;
/** Names of sheets in the details of an error, for programs. */
const MAX_LISTED = 1000;
const MAX_NAME_LENGTH = 255;
const MAX_FAULT_LENGTH = 200;

/**
 * @param wanted the name of the sheet, in any letter case; undefined for the only visible one with data
 * @throws LoadstoneError CORRUPT_ARCHIVE, EMPTY_FILE, AMBIGUOUS_SHEET, MISSING_SHEET, WORKBOOK_TOO_LARGE
 */
export async function* readWorkbook(
  open: OpenPart,
  wanted: string | undefined,
  notes: SheetNotes,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const workbook = await readWorkbookParts(open);
    const { sharedStringsPath, kinds, is1904 } = workbook;
    const path = await chooseSheet(workbook, wanted, open);
    using strings = new SharedStrings();
    const part = sharedStringsPath === undefined ? undefined : await open(sharedStringsPath);
    if (part) await strings.read(part);
    yield* sheetRows(await required(open, path), { strings, kinds, is1904, notes });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const fault = error.message.slice(0, MAX_FAULT_LENGTH);
    const message = `The workbook is damaged (${fault}). Open it in a spreadsheet program and save it again.`;
    throw new LoadstoneError('CORRUPT_ARCHIVE', message, { cause: error });
  }
}

/** @returns the path of the sheet */
async function chooseSheet(
  { sheets, kinds, is1904 }: Workbook,
  wanted: string | undefined,
  open: OpenPart,
): Promise<string> {
  if (wanted !== undefined) {
    const lower = wanted.trim().toLowerCase();
    const found = sheets.find(({ name }) => name.trim().toLowerCase() === lower);
    if (!found) throw missingSheet(wanted, sheets);
    return found.path;
  }
  const visible = sheets.filter(({ isHidden }) => !isHidden);
  const [only] = visible;
  if (only && visible.length === 1) return only.path;
  const withData: Sheet[] = [];
  for (const sheet of visible) {
    // Strings are not read yet: a reference to one is a value.
    const context = { strings: ANY_STRING, kinds, is1904, notes: noNotes() };
    if (await hasValues(await required(open, sheet.path), context)) withData.push(sheet);
  }
  const [first] = withData;
  if (!first) throw emptyWorkbook();
  if (withData.length > 1) throw ambiguousSheet(withData);
  return first.path;
}

const ANY_STRING = { at: () => 'x' };

async function required(open: OpenPart, path: string): Promise<AsyncIterable<Buffer>> {
  const part = await open(path);
  if (!part) throw new XmlError(`${path} is missing`);
  return part;
}

function shown(sheets: readonly Sheet[]): string {
  const names = sheets.slice(0, MAX_SHOWN).map((sheet) => JSON.stringify(nameOf(sheet)));
  const more = sheets.length > MAX_SHOWN ? ` and ${sheets.length - MAX_SHOWN} more` : '';
  return `${names.join(', ')}${more}`;
}

function nameOf({ name }: Sheet): string {
  return name.slice(0, MAX_NAME_LENGTH).toWellFormed();
}

function withNames(code: LoadstoneError['code'], message: string, sheets: readonly Sheet[]): LoadstoneError {
  return new LoadstoneError(code, message, { details: { sheets: sheets.slice(0, MAX_LISTED).map(nameOf) } });
}

function ambiguousSheet(sheets: readonly Sheet[]): LoadstoneError {
  const message = `The workbook has ${sheets.length} sheets with data: ${shown(sheets)}. Set the option \`sheet\` to the name of one.`;
  return withNames('AMBIGUOUS_SHEET', message, sheets);
}

function missingSheet(wanted: string, sheets: readonly Sheet[]): LoadstoneError {
  const message = `The workbook has no sheet ${JSON.stringify(wanted)}; it has ${shown(sheets)}. Set the option \`sheet\` to one of them.`;
  return withNames('MISSING_SHEET', message, sheets);
}

function emptyWorkbook(): LoadstoneError {
  const message =
    'The workbook has no visible sheet with data. Fill one in, or set the option `sheet` to a hidden one.';
  return new LoadstoneError('EMPTY_FILE', message);
}
