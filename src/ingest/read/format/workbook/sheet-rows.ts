// Turns a sheet into CSV, as which it is read on: a line for each row, so that lines have the numbers of rows. Line breaks
// inside cells are coded.

import { isBlank } from '../../../../db/catalogue/product-rules.ts';
import { codeBreaks } from '../../text/coded-breaks.ts';
import { type NumberKind, numberText, unescapeText } from './cell-text.ts';
import { readXml, XmlError } from './read-xml.ts';
import type { SharedStrings } from './shared-strings.ts';

/** What is worth a warning. */
export interface SheetNotes {
  /** Of each column with numbers below the header, the row of the first of them. */
  numberRows: Map<number, number>;
  /** The row of the first formula without a stored value. */
  emptyFormulaRow: number | undefined;
  hasMergedCells: boolean;
}

export interface SheetContext {
  strings: Pick<SharedStrings, 'at'>;
  kinds: readonly NumberKind[];
  is1904: boolean;
  notes: SheetNotes;
}

export function noNotes(): SheetNotes {
  return { numberRows: new Map(), emptyFormulaRow: undefined, hasMergedCells: false };
}

/** The largest sheet of spreadsheets. */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
/** Of a row, in characters. */
const MAX_ROW_LENGTH = 16 * 1024 * 1024;
const CHUNK_CHARACTERS = 64 * 1024;
/** Of the rows of one step of reading, in characters: texts that they share may be long, and are repeated. */
const MAX_STEP_LENGTH = 2 * MAX_ROW_LENGTH;
/** A BOM or Ctrl-Z at the start of a record would be dropped. */
const NEEDS_QUOTES = /[",\r\n\ufdd0-\ufdd2]|^[\ufeff\p{Cc}]/u;

export async function* sheetRows(
  part: AsyncIterable<Buffer>,
  context: SheetContext,
): AsyncGenerator<Buffer, void, undefined> {
  const sheet = new SheetReader(context);
  for await (const _ of readXml(part, sheet)) {
    if (sheet.csv.length >= CHUNK_CHARACTERS) yield sheet.take();
  }
  if (sheet.csv.length > 0) yield sheet.take();
}

/** Whether any cell has a value. */
export async function hasValues(part: AsyncIterable<Buffer>, context: SheetContext): Promise<boolean> {
  const sheet = new SheetReader(context);
  for await (const _ of readXml(part, sheet)) if (sheet.hasValues) return true;
  return sheet.hasValues;
}

class SheetReader {
  csv = '';
  hasValues = false;
  readonly #context: SheetContext;
  #row = 0;
  #cells: string[] = [];
  #column = -1;
  /** Number of columns of the header, which is the first row with values. */
  #width: number | undefined;
  #type = 'n';
  #kind: NumberKind = 'number';
  #value: string | undefined;
  #length = 0;
  #hasFormula = false;
  #isText = false;
  #isPhonetic = false;

  constructor(context: SheetContext) {
    this.#context = context;
  }

  take(): Buffer {
    const bytes = Buffer.from(this.csv.toWellFormed());
    this.csv = '';
    return bytes;
  }

  open(name: string, attributes: Record<string, string>): void {
    switch (name) {
      case 'row':
        this.#beginRow(attributes['r']);
        break;
      case 'c':
        this.#beginCell(attributes);
        break;
      case 'f':
        this.#hasFormula = true;
        break;
      case 'rPh':
        this.#isPhonetic = true;
        break;
      case 'v':
      case 't':
        this.#isText = !this.#isPhonetic;
        if (this.#isText) this.#value ??= '';
        break;
      case 'mergeCell':
        this.#context.notes.hasMergedCells = true;
        break;
    }
  }

  text(text: string): void {
    if (!this.#isText) return;
    this.#value += text;
    this.#checkLength(this.#value?.length ?? 0);
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#isText = false;
    else if (name === 'rPh') this.#isPhonetic = false;
    else if (name === 'c') this.#endCell();
    else if (name === 'row') this.#endRow();
  }

  #beginRow(number: string | undefined): void {
    const row = number === undefined ? this.#row + 1 : Number(number);
    if (!Number.isInteger(row) || row <= this.#row || row > MAX_ROWS) {
      throw new XmlError(`row ${number ?? row} follows row ${this.#row}`);
    }
    // Rows without cells are left out of the file.
    this.csv += '\n'.repeat(row - this.#row - 1);
    this.#row = row;
    this.#cells = [];
    this.#column = -1;
    this.#length = 0;
  }

  #beginCell({ r: reference, t: type = 'n', s: style = '0' }: Record<string, string>): void {
    const column = reference === undefined ? this.#column + 1 : columnOf(reference);
    if (column <= this.#column || column >= MAX_COLUMNS) {
      throw new XmlError(`cell ${reference ?? column} is not in the order of columns`);
    }
    // Holes in the list would take no memory, but be skipped by its methods.
    while (this.#cells.length < column) this.#cells.push('');
    this.#column = column;
    this.#type = type;
    this.#kind = this.#context.kinds[Number(style)] ?? 'number';
    this.#value = undefined;
    this.#hasFormula = false;
  }

  #endCell(): void {
    const { notes } = this.#context;
    // The result may be an empty text.
    if (this.#hasFormula && !this.#value && this.#type !== 'str') notes.emptyFormulaRow ??= this.#row;
    const value = this.#cellText(this.#value ?? '');
    if (value !== '') this.hasValues = true;
    this.#checkLength(value.length);
    this.#length += value.length;
    this.#cells.push(value);
  }

  /** @param added characters of the row besides those of the cells before */
  #checkLength(added: number): void {
    const length = this.#length + added;
    if (length > MAX_ROW_LENGTH || length + this.csv.length > MAX_STEP_LENGTH) {
      throw new XmlError(`row ${this.#row} is too long`);
    }
  }

  #cellText(value: string): string {
    const { strings, is1904, notes } = this.#context;
    switch (this.#type) {
      case 's': {
        const shared = value === '' ? '' : strings.at(Number(value));
        if (shared === undefined) throw new XmlError(`there is no shared string ${value}`);
        return shared;
      }
      case 'str':
      case 'inlineStr':
        return unescapeText(value);
      case 'b':
        return value === '1' ? 'TRUE' : value === '' ? '' : 'FALSE';
      case 'n':
        if (value !== '' && this.#kind === 'number' && this.#width !== undefined) {
          if (!notes.numberRows.has(this.#column)) notes.numberRows.set(this.#column, this.#row);
        }
        return numberText(value, this.#kind, is1904);
      default:
        return value;
    }
  }

  #endRow(): void {
    const cells = this.#cells;
    while (cells.length > 0 && cells.at(-1) === '') cells.pop();
    // Rows without anything visible are skipped, as in a file.
    if (!cells.every(isBlank)) {
      this.#width ??= cells.length;
      while (cells.length < this.#width) cells.push('');
      this.csv += cells.map(fieldOf).join(',');
    }
    this.csv += '\n';
  }
}

function fieldOf(cell: string): string {
  if (!NEEDS_QUOTES.test(cell)) return cell;
  return `"${codeBreaks(cell).replaceAll('"', '""')}"`;
}

/** @param reference such as AB12 */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of reference) {
    const digit = letter.charCodeAt(0) - 64;
    if (digit < 1 || digit > 26) break;
    column = Math.min(26 * column + digit, MAX_COLUMNS + 1);
  }
  return column - 1;
}
