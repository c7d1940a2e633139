// The file of a correction: the corrected rows as CSV, with the columns of the import that they correct.

import { stringify } from 'csv-stringify/sync';
import { isBlank } from '../../db/catalogue/product-rules.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { NewCorrection } from '../../db/imports/row-correction-store.ts';
import { hasLostBytes, type RowIssue } from '../../db/imports/row-issue-store.ts';
import { LoadstoneError } from '../../errors.ts';
import { asInFile, recordDialect } from '../issue-fields.ts';
import { fitToColumns, splitRecords } from '../read/records/split-record.ts';
import { countLineEndings } from '../read/text/line-endings.ts';

/** A rejected row as a client has corrected it: either its values, or its text. */
export interface RowToCorrect {
  /** Of the rejected row. */
  line: number;
  /** In the order of the columns. */
  values?: readonly string[] | undefined;
  /** As CSV in the form of the file. It may have become several rows. */
  record?: string | undefined;
}

export interface CorrectionFile {
  bytes: Buffer;
  rows: NewCorrection['rows'];
}

/** Why a row cannot be imported as it was sent. */
interface Fault {
  line: number;
  /** Null if the fault is not in a single column. */
  column: string | null;
  message: string;
}

const REPLACEMENT_CHARACTER = '\ufffd';
const CSV = { delimiter: ',', record_delimiter: '\r\n' };

/**
 * @param corrected the import that has the rejected rows
 * @param issues those of its rejected rows that are to be corrected
 * @throws LoadstoneError BAD_USER_INPUT, with all rows that are at fault in `extensions.rows`
 */
export function correctionFile(
  corrected: ImportRecord,
  issues: readonly RowIssue[],
  rows: readonly RowToCorrect[],
): CorrectionFile {
  const columns = corrected.columns ?? [];
  const byLine = new Map(issues.map((issue) => [issue.line, issue]));
  const seen = new Set<number>();
  const faults: Fault[] = [];
  const file = new FileOfRows(columns);
  for (const row of rows) {
    const { line } = row;
    const issue = byLine.get(line);
    const readable = seen.has(line)
      ? 'The line is given twice. Give each rejected row once.'
      : issue
        ? valuesOf(row, corrected)
        : 'No row that starts on this line was rejected. Take the lines from `Import.issues`.';
    seen.add(line);
    if (typeof readable === 'string') faults.push({ line, column: null, message: readable });
    else {
      const lost = issue && hasLostBytes(issue) ? lostCharacter(readable, columns) : undefined;
      if (lost) faults.push({ line, ...lost });
      else for (const values of readable) file.add(line, values);
    }
  }
  if (faults.length > 0) throw wrongRows(faults);
  return file;
}

/** @returns the values of each row that it has become, or what is wrong with it */
function valuesOf({ values, record }: RowToCorrect, corrected: ImportRecord): string[][] | string {
  const columns = corrected.columns ?? [];
  if ((values === undefined) === (record === undefined)) return 'Give either `values` or `record`.';
  if (values && values.length !== columns.length) {
    return `The row has ${count(values.length, 'value')}, but the file has ${count(columns.length, 'column')}. Give a value for each column, an empty one where there is none.`;
  }
  const rows = values ? [[...values]] : cut(record ?? '', corrected);
  if (typeof rows === 'string') return rows;
  return rows.some((row) => row.every(isBlank))
    ? 'The row has no values. To leave it out of the catalogue, do not send it.'
    : rows;
}

function cut(record: string, corrected: ImportRecord): string[][] | string {
  const columns = corrected.columns ?? [];
  const rows = splitRecords(record, recordDialect(corrected));
  if (!rows) {
    return 'A quote is misplaced. Put the whole field in quotes, and double the quotes inside of it ("").';
  }
  const fitting: string[][] = [];
  for (const fields of rows) {
    const fitted = fitToColumns(fields, columns);
    if (!fitted) {
      return `The row has ${count(fields.length, 'field')}, but the file has ${count(columns.length, 'column')}. A field that contains a delimiter or a line break needs quotes around it.`;
    }
    fitting.push(fitted);
  }
  return fitting.length > 0 ? fitting : 'The row is empty. To leave it out of the catalogue, do not send it.';
}

function lostCharacter(
  rows: readonly (readonly string[])[],
  columns: readonly string[],
): Omit<Fault, 'line'> | undefined {
  const index = rows
    .map((values) => values.findIndex((value) => value.includes(REPLACEMENT_CHARACTER)))
    .find((at) => at >= 0);
  if (index === undefined) return undefined;
  const message =
    'The value still has � in place of a character that could not be read. Replace it by the right one.';
  return { column: columns[index] ?? null, message };
}

class FileOfRows implements CorrectionFile {
  readonly rows: NewCorrection['rows'] = [];
  readonly #columns: readonly string[];
  readonly #parts: Buffer[] = [];
  #nextLine = 1;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
    this.#append(stringify([[...columns]], CSV));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** All values are quoted: what begins or ends them is never taken for a part of the file's form. */
  add(correctedLine: number, values: string[]): void {
    this.rows.push({ line: this.#nextLine, correctedLine, values });
    this.#append(stringify([asInFile(values, this.#columns)], { ...CSV, quoted: true }));
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    this.#parts.push(bytes);
    this.#nextLine += countLineEndings(bytes, 0, bytes.length);
  }
}

function wrongRows(faults: readonly Fault[]): LoadstoneError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more of the rows; see extensions.rows)` : '';
  return new LoadstoneError('BAD_USER_INPUT', `Line ${first?.line}: ${first?.message}${more}`, {
    details: { field: 'rows', rows: faults },
  });
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
