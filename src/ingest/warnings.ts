// What the sender of a file should know, though no row was rejected for it: what was passed over, or guessed.

import type { ImportWarning } from '../db/tables.ts';

/** Told of one import; a file that has more of them is better looked at as a whole. */
const MAX_WARNINGS = 20;

/** Keeps the first warnings of a file. */
export class Warnings {
  readonly #onChange: (warnings: ImportWarning[]) => void;
  #kept: ImportWarning[] = [];

  /** @param onChange is given all that are kept, whenever one came to them */
  constructor(onChange: (warnings: ImportWarning[]) => void) {
    this.#onChange = onChange;
  }

  add(warning: ImportWarning): void {
    if (this.#kept.length === MAX_WARNINGS) return;
    this.#kept = [...this.#kept, warning];
    this.#onChange(this.#kept);
  }
}

/** @param bytes how many were passed over */
export function bytesPassedOver(format: string, bytes: number): ImportWarning {
  const message = `${bytes} bytes that are no part of the ${format} were passed over: behind its end, or before its beginning. If something is missing, make it again.`;
  return { code: 'BYTES_PASSED_OVER', message, line: null };
}

/**
 * @param read the name of the file that was read
 * @param others the names of some that were not
 * @param count how many were not
 */
export function filesPassedOver(read: string, others: readonly string[], count: number): ImportWarning {
  const more = count > others.length ? ` and ${count - others.length} more` : '';
  const message = `Of the zip, "${read}" was read and ${count === 1 ? 'another file was' : `${count} other files were`} passed over: ${others.map((name) => `"${name}"`).join(', ')}${more}.`;
  return { code: 'FILES_PASSED_OVER', message, line: null };
}
