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
