// Counts that all servers on a database share, for rate-limiter-flexible: the part of a client of `pg` that its Postgres store
// uses.
//
// Whoever counts waits for it, so a database that is away or slow must cost next to nothing: then statements fail at once, but
// for one now and then, which finds out whether it is back.

import { getTableName } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Database } from '../postgres/connection/database.ts';
import { RATE_COUNTS_LOCK } from '../postgres/locks/advisory-locks.ts';
import { rateCounts } from '../tables.ts';

export const RATE_COUNTS_TABLE = getTableName(rateCounts);

interface Statement {
  text: string;
  values: (string | number)[];
}

interface Counted {
  rows: Record<string, unknown>[];
  rowCount: number;
}

const WAIT_MS = 1000;
/** How long after a failure no other statement is tried. */
const PAUSE_MS = 2000;
/** Statements that wait for a connection or for their answer; so many take a fraction of `WAIT_MS`. */
const MAX_PENDING = 1000;

export class SharedRateCounts {
  readonly #sql: Database['sql'];
  readonly #log: Logger;
  #pending = 0;
  #isAway = false;
  #tryAgainAt = 0;

  constructor({ sql }: Database, log: Logger) {
    this.#sql = sql;
    this.#log = log;
  }

  /** @throws whatever the reason: within a second, after which the statement may still be executed */
  async query({ text, values }: Statement): Promise<Counted> {
    const now = performance.now();
    if (now < this.#tryAgainAt || this.#pending >= MAX_PENDING) throw new Error('The database is not asked.');
    if (this.#isAway) this.#tryAgainAt = now + PAUSE_MS;
    try {
      const rows = await this.#answer(this.#run(text, values));
      this.#note(false);
      return { rows, rowCount: rows.length };
    } catch (error) {
      this.#tryAgainAt = performance.now() + PAUSE_MS;
      this.#note(true, error);
      throw error;
    }
  }

  async #run(text: string, values: Statement['values']): Promise<Counted['rows']> {
    this.#pending += 1;
    try {
      return [...(await this.#sql.unsafe(text, values, { prepare: true }))];
    } finally {
      this.#pending -= 1;
    }
  }

  async #answer(statement: Promise<Counted['rows']>): Promise<Counted['rows']> {
    const late = Promise.withResolvers<never>();
    const giveUp = () => late.reject(new Error(`The database has not counted within ${WAIT_MS} ms.`));
    // An answer may have arrived while this process was busy.
    const timer = setTimeout(() => setImmediate(giveUp), WAIT_MS);
    try {
      return await Promise.race([statement, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #note(isAway: boolean, error?: unknown): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    if (isAway) {
      this.#log.warn(
        { err: error },
        'this server counts for itself what clients send: the database does not',
      );
    } else {
      this.#tryAgainAt = 0;
      this.#log.info('servers count together again what clients send');
    }
  }
}

/** Rows of one statement: it takes milliseconds. */
const BATCH_ROWS = 2000;
/** A server whose clock is behind may still count in a minute that is over here. */
const KEPT_MS = 60_000;

/**
 * Removes some of the counts whose minute is over. One process at a time.
 *
 * @returns whether there may be more
 */
export async function removeOldRateCounts({ sql }: Database): Promise<boolean> {
  return sql.begin(async (tx) => {
    const [turn] = await tx<
      { mine: boolean }[]
    >`SELECT pg_try_advisory_xact_lock(${RATE_COUNTS_LOCK}) AS mine`;
    if (!turn?.mine) return false;
    const removed = await tx`
      DELETE FROM rate_counts WHERE key IN (
        SELECT key FROM rate_counts WHERE expire < ${Date.now() - KEPT_MS}
        ORDER BY expire LIMIT ${BATCH_ROWS}
        FOR UPDATE SKIP LOCKED
      )`;
    return removed.count === BATCH_ROWS;
  });
}
