// Lines in succession in which recoveries have found no row at all, each time as far as they look ahead.

import type { Recovery } from './record-recovery.ts';

/** Of a damaged record. A shorter one is ordinary damage: rows follow it, or precede it. */
const MIN_BYTES = 32 * 1024;

export class UnreadableLines {
  #firstLine = 0;
  #nextLine = 0;
  #bytes = 0;

  /** The physical line on which they start. */
  get firstLine(): number {
    return this.#firstLine;
  }

  /** How many bytes they have by now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts what a recovery has found, in the order of the file. */
  note({ damaged, resumeAt }: Recovery): void {
    const [only] = damaged;
    if (!only || damaged.length > 1 || only.end !== resumeAt.at || only.end - only.start < MIN_BYTES) return;
    if (only.line !== this.#nextLine) {
      this.#firstLine = only.line;
      this.#bytes = 0;
    }
    this.#bytes += only.end - only.start;
    this.#nextLine = resumeAt.line;
  }
}
