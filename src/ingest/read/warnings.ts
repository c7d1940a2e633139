// Warnings: what the sender of a file should know although no row was rejected for it, such as what was skipped or guessed.

import type { ColumnMapping, ImportWarning } from '../../db/tables.ts';

/** Of one import. */
const MAX_WARNINGS = 20;

const ENCODING_BY_CHARSET = 'ENCODING_BY_CHARSET';
const CHARSET_UNKNOWN = 'CHARSET_UNKNOWN';
const ISSUES_NOT_KEPT = 'ISSUES_NOT_KEPT';

/** In a message. */
const MAX_SHOWN_COLUMNS = 10;

const NAMES = { sku: 'SKU', name: 'name', description: 'description' };

/** Keeps the first warnings of a file. */
export class Warnings {
  readonly #onChange: (warnings: ImportWarning[]) => void;
  #kept: ImportWarning[];

  /**
   * @param initial warnings from before the file was read
   * @param onChange called with all kept warnings after one was added
   */
  constructor(initial: ImportWarning[], onChange: (warnings: ImportWarning[]) => void) {
    this.#kept = initial;
    this.#onChange = onChange;
  }

  add(warning: ImportWarning): void {
    if (this.#kept.length === MAX_WARNINGS) return;
    this.#kept = [...this.#kept, warning];
    this.#onChange(this.#kept);
  }
}

/** @param bytes number of skipped bytes */
export function skippedBytesWarning(format: string, bytes: number): ImportWarning {
  const what = bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const message = `Skipped ${what} before or after the ${format} data. If rows are missing, create the file again.`;
  return { code: 'BYTES_PASSED_OVER', message, line: null };
}

/**
 * @param read name of the file that was read
 * @param others names of some of the skipped files
 * @param count number of skipped files
 */
export function skippedFilesWarning(read: string, others: readonly string[], count: number): ImportWarning {
  const more = count > others.length ? ` and ${count - others.length} more` : '';
  const message = `Only "${read}" was read from the zip. Skipped ${count === 1 ? 'another file' : `${count} other files`}: ${others.map((name) => `"${name}"`).join(', ')}${more}.`;
  return { code: 'FILES_PASSED_OVER', message, line: null };
}

/** @param charset by which the file is read */
export function charsetUsedWarning(charset: string): ImportWarning {
  const message = `The file was read as ${charset}, the charset in the server's Content-Type header, unless a byte order mark says otherwise. If that is wrong, set the encoding of the data source.`;
  return { code: ENCODING_BY_CHARSET, message, line: null };
}

/** @param charset that is unknown */
export function unknownCharsetWarning(charset: string): ImportWarning {
  const message = `The charset ${JSON.stringify(charset)} in the server's Content-Type header is not a known encoding. The file was read as UTF-8, or as its byte order mark says. If that is wrong, set the encoding of the data source.`;
  return { code: CHARSET_UNKNOWN, message, line: null };
}

/** @returns warnings from before the file was read, which remain valid when it is read again */
export function charsetWarnings(warnings: readonly ImportWarning[]): ImportWarning[] {
  return warnings.filter(({ code }) => code === ENCODING_BY_CHARSET || code === CHARSET_UNKNOWN);
}

/**
 * Adds the warning that issues are missing, in place of an earlier one, or of the last of too many others.
 *
 * @param superseded number of superseded rows
 * @param kept how many of them are kept
 */
export function withIssuesNotKept(
  warnings: readonly ImportWarning[],
  superseded: number,
  kept: number,
): ImportWarning[] {
  const which = kept === 1 ? '1 of them is' : `${kept} of them are`;
  const message = `${superseded} rows were superseded, and ${which} listed: the server keeps no more issues of an import (MAX_ROW_ISSUES). All are counted. Remove repeated SKUs from the file, or raise MAX_ROW_ISSUES and import it again to see the others.`;
  const others = warnings.filter(({ code }) => code !== ISSUES_NOT_KEPT).slice(0, MAX_WARNINGS - 1);
  return [...others, { code: ISSUES_NOT_KEPT, message, line: null }];
}

export function guessedColumnsWarning(guessed: readonly ColumnMapping[]): ImportWarning {
  const columns = guessed.map(({ column, field }) => `"${column}" as the ${NAMES[field]}`).join(', ');
  const message = `The header was recognized as that of a shop system's export: ${columns}. If that is wrong, set the option \`mapping\`.`;
  return { code: 'GUESSED_COLUMNS', message, line: null };
}

/**
 * @param unnamed numbers of columns without a name, from 1
 * @param added columns that a download of issues has added
 */
export function columnsNotKeptWarning(unnamed: readonly number[], added: readonly string[]): ImportWarning {
  const shown = unnamed.slice(0, MAX_SHOWN_COLUMNS).join(', ');
  const more = unnamed.length > MAX_SHOWN_COLUMNS ? ' …' : '';
  const nameless =
    unnamed.length === 1
      ? [`Column ${shown} has no name and is not kept. If it has values, name it in the header.`]
      : [
          `Columns ${shown}${more} have no name and are not kept. If they have values, name them in the header.`,
        ];
  const ours = `The last columns (${added.join(', ')}) are those of a download of issues and are not kept. If they are the file's own, rename them.`;
  const parts = [...(unnamed.length > 0 ? nameless : []), ...(added.length > 0 ? [ours] : [])];
  return { code: 'COLUMNS_NOT_KEPT', message: parts.join(' '), line: null };
}

export function longRejectedRecordWarning({
  line,
  lineCount,
}: {
  line: number;
  lineCount: number;
}): ImportWarning {
  return {
    code: 'LONG_REJECTED_RECORD',
    message: `The rejected record that starts on line ${line} holds ${lineCount} lines: rows may be among them. Correct its first quote that does not match.`,
    line,
  };
}
