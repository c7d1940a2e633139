// All imports together may stage a limited number of rows, so that previews that nobody commits, and large files at once, do
// not fill the disk of the database.
//
// Each import reports the rows that it has staged before it compares the sum with the limit. So of two that are too many
// together, at least the later one finds out. While rows are loaded, that is done now and then; once all are loaded, exactly.

import { setTimeout as pause } from 'node:timers/promises';
import { type StagedElsewhere, stagedElsewhere } from '../../db/imports/staged-elsewhere.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { LoadstoneError } from '../../errors.ts';

/** Between two comparisons while rows are loaded. */
const CHECK_MS = 1000;
/** Before the end of loading fails for rows of a younger import, which may be about to fail for the same reason. */
const RECHECK_MS = 250;
/** How long the younger of two imports has to fail first, so that not both do. */
const PRECEDENCE_MS = 5000;

export class StagingRoom {
  readonly #database: Database;
  readonly #importId: string;
  readonly #limit: number;
  readonly #full = new AbortController();
  #checkedAt = performance.now();
  #isChecking = false;
  /** Since when there are too many rows. */
  #fullSince: number | undefined;

  /** @param limit rows of all imports; 0: no limit */
  constructor(database: Database, importId: string, limit: number) {
    this.#database = database;
    this.#importId = importId;
    this.#limit = limit;
  }

  /** Aborts with a LoadstoneError TOO_MANY_STAGED_ROWS. */
  get full(): AbortSignal {
    return this.#full.signal;
  }

  /** Compares now and then. @param rows that the import has staged */
  note(rows: number): void {
    if (this.#limit === 0 || this.#isChecking || performance.now() - this.#checkedAt < CHECK_MS) return;
    this.#isChecking = true;
    this.#fits(rows)
      .catch((error: unknown) => {
        // If the database does not answer, loading finds out itself.
        if (error instanceof LoadstoneError) this.#full.abort(error);
      })
      .finally(() => {
        this.#checkedAt = performance.now();
        this.#isChecking = false;
      });
  }

  /**
   * @param rows that the import has staged, and reported
   * @throws LoadstoneError TOO_MANY_STAGED_ROWS; the signal's reason
   */
  async require(rows: number, signal: AbortSignal): Promise<void> {
    if (this.#limit === 0) return;
    while (!(await this.#fits(rows))) await pause(RECHECK_MS, undefined, { signal });
  }

  /** @returns false if a younger import has to fail before this one does */
  async #fits(rows: number): Promise<boolean> {
    const others = await stagedElsewhere(this.#database.sql, this.#importId);
    if (rows + others.rows <= this.#limit) {
      this.#fullSince = undefined;
      return true;
    }
    const now = performance.now();
    this.#fullSince ??= now;
    const hasPrecedence =
      others.isYoungerLoading && rows <= this.#limit && now - this.#fullSince < PRECEDENCE_MS;
    if (hasPrecedence) return false;
    throw tooManyStaged(rows, this.#limit, others);
  }
}

function tooManyStaged(rows: number, limit: number, others: StagedElsewhere): LoadstoneError {
  const message =
    rows > limit
      ? `The file has more than ${limit} rows, which is the most that the server stages at once (MAX_STAGED_ROWS); nothing was imported. Split the file, or raise MAX_STAGED_ROWS and retry the import.`
      : `The file would bring the staged rows of all imports to more than ${limit} (MAX_STAGED_ROWS); nothing was imported. ${whoHolds(others)} ${whatToDo(others)}, then retry the import; or split the file, or raise MAX_STAGED_ROWS.`;
  return new LoadstoneError('TOO_MANY_STAGED_ROWS', message);
}

function whoHolds({ rows, ready, running, failed }: StagedElsewhere): string {
  const holders = [
    ...(ready > 0 ? [`${imports(ready)} ready to be committed`] : []),
    ...(running > 0 ? [`${imports(running)} being worked on`] : []),
    ...(failed > 0 ? [`${imports(failed)} that failed and can be retried`] : []),
  ];
  return `Others hold ${rows} rows: ${holders.join(', ')}.`;
}

function imports(count: number): string {
  return count === 1 ? '1 import' : `${count} imports`;
}

function whatToDo({ ready, running, failed }: StagedElsewhere): string {
  const ways = [
    ...(ready > 0 ? ['commit or cancel what is ready'] : []),
    ...(running > 0 ? ['wait until the others have ended'] : []),
    ...(failed > 0 ? ['retry or delete what failed'] : []),
  ].join(', ');
  return ways.slice(0, 1).toUpperCase() + ways.slice(1);
}
