// What the sender of a file should know, though no row was rejected for it: what was passed over, or guessed.

import type { ImportWarning } from '../../db/tables.ts';

/** Told of one import; a file that has more of them is better looked at as a whole. */
const MAX_WARNINGS = 20;

const ENCODING_BY_CHARSET = 'ENCODING_BY_CHARSET';
const CHARSET_UNKNOWN = 'CHARSET_UNKNOWN';

/** Keeps the first warnings of a file. */
export class Warnings {
  readonly #onChange: (warnings: ImportWarning[]) => void;
  #kept: ImportWarning[];

  /**
   * @param before those that are known already
   * @param onChange is given all that are kept, whenever one came to them
   */
  constructor(before: ImportWarning[], onChange: (warnings: ImportWarning[]) => void) {
    this.#kept = before;
    this.#onChange = onChange;
  }

  add(warning: ImportWarning): void {
    if (this.#kept.length === MAX_WARNINGS) return;
    this.#kept = [...this.#kept, warning];
    this.#onChange(this.#kept);
  }
}

/** @param bytes how many were passed over */
export function skippedBytesWarning(format: string, bytes: number): ImportWarning {
  const what = bytes === 1 ? 'A byte was' : `${bytes} bytes were`;
  const message = `${what} passed over, behind the end of the ${format} or before its beginning. If something is missing, make it again.`;
  return { code: 'BYTES_PASSED_OVER', message, line: null };
}

/**
 * @param read the name of the file that was read
 * @param others the names of some that were not
 * @param count how many were not
 */
export function skippedFilesWarning(read: string, others: readonly string[], count: number): ImportWarning {
  const more = count > others.length ? ` and ${count - others.length} more` : '';
  const message = `Of the zip, "${read}" was read and ${count === 1 ? 'another file was' : `${count} other files were`} passed over: ${others.map((name) => `"${name}"`).join(', ')}${more}.`;
  return { code: 'FILES_PASSED_OVER', message, line: null };
}

/** @param charset by which a file is read */
export function charsetUsedWarning(charset: string): ImportWarning {
  const message = `The file was read as ${charset}, as its server says (charset in the Content-Type), if no byte order mark says otherwise. Where that is wrong, give the data source its encoding.`;
  return { code: ENCODING_BY_CHARSET, message, line: null };
}

/** @param charset that means nothing */
export function unknownCharsetWarning(charset: string): ImportWarning {
  const message = `The server of the file says that its charset is ${JSON.stringify(charset)}, which is no known encoding. The file was read as UTF-8, or as its byte order mark says. Where that is wrong, give the data source its encoding.`;
  return { code: CHARSET_UNKNOWN, message, line: null };
}

/** Those that were told before the file was read: they are true however often it is read. */
export function charsetWarnings(warnings: readonly ImportWarning[]): ImportWarning[] {
  return warnings.filter(({ code }) => code === ENCODING_BY_CHARSET || code === CHARSET_UNKNOWN);
}
