// Fills the index behind the search by a part of the name, away from the writers that bring new names.

import type { Pool } from '../postgres/connection/pool.ts';

/** Of one transaction, in names: large enough to be fast, small enough to be stopped soon. */
const BATCH_SIZE = 10_000;
/** After so many new names the planner's picture of the tables is renewed at once, not when autovacuum comes by. */
const MANY_NAMES = 10_000;

export class ProductNameIndex {
  readonly #sql: Pool;

  constructor(sql: Pool) {
    this.#sql = sql;
  }

  /** Whether names have come since the last time. */
  async isBehind(): Promise<boolean> {
    const unindexed = await this.#sql`SELECT FROM product_names_unindexed LIMIT 1`;
    return unindexed.length > 0;
  }

  /**
   * Moves the names that came since the last time into the index. Searches find a name before, during and after;
   * afterwards faster. Several processes may do this at once.
   *
   * @param goOn asked after each batch; what is left when it says no stays for the next time
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
    // One statement, so no reader sees a name in neither table. Sorted, two processes that meet on the same
    // names do not wait for each other in a circle.
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
