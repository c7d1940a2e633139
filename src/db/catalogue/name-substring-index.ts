// Fills the trigram index for substring searches in the background, so that writers of new names need not.

import type { Pool } from '../postgres/connection/pool.ts';

/** Names per transaction: enough to be fast, few enough to stop soon. */
const BATCH_SIZE = 10_000;
/** After this many new names, planner statistics are refreshed immediately instead of waiting for autovacuum. */
const MANY_NAMES = 10_000;

export class NameSubstringIndex {
  readonly #sql: Pool;

  constructor(sql: Pool) {
    this.#sql = sql;
  }

  /** Whether there are names that are not indexed yet. */
  async isBehind(): Promise<boolean> {
    const unindexed = await this.#sql`SELECT FROM product_names_unindexed LIMIT 1`;
    return unindexed.length > 0;
  }

  /**
   * Moves new names into the index. Searches find a name before, during and after this. Several processes may do this
   * at once.
   *
   * @param goOn called after each batch; if it returns false, the remaining names are left for the next call
   * @returns the number of names moved
   */
  async refresh(goOn: () => boolean = () => true): Promise<number> {
    let moved = 0;
    let batch: number;
    do {
      batch = await this.#moveBatch();
      moved += batch;
    } while (batch === BATCH_SIZE && goOn());
    if (moved >= MANY_NAMES) await this.#sql`VACUUM (ANALYZE) product_name_search, product_names_unindexed`;
    return moved;
  }

  async #moveBatch(): Promise<number> {
    // One statement, so that every reader sees the name in one of the tables. Sorted, so that two processes that insert
    // the same names cannot deadlock.
    const [moved] = await this.#sql<{ names: number }[]>`
      WITH taken AS (
        DELETE FROM product_names_unindexed
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM product_names_unindexed LIMIT ${BATCH_SIZE} FOR UPDATE SKIP LOCKED))
        RETURNING name
      ), indexed AS (
        INSERT INTO product_name_search (name) SELECT DISTINCT name FROM taken ORDER BY name
        ON CONFLICT (name) DO NOTHING
      )
      SELECT count(*) AS names FROM taken`;
    return moved?.names ?? 0;
  }
}
