// Fills the trigram index for substring searches in the background, so that writers of new names need not. Searches find a
// name before, during and after this. Several processes may do it at once.

import type postgres from 'postgres';
import type { Pool } from '../../postgres/connection/pool.ts';
import { isLockTimeout } from '../../postgres/sqlstate.ts';

const INDEX = 'product_name_search_trigrams';
/** Queued rows per transaction: enough to be fast, few enough to stop soon. A block has 32 names. */
const BATCH = { names: 5_000, blocks: 150 };
/** From so many new names on, an empty index is built anew, and statistics do not wait for autovacuum. */
const MANY_NAMES = 10_000;
/** Keep the index rather than block searches for longer. */
const LOCK_WITHIN = '200ms';

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
   * Moves new names into the index. Many names are moved into an empty index by building it anew, which takes a fraction of
   * the time.
   *
   * @param goOn called after each batch; if it resolves to false, the remaining names are left for the next call
   * @returns the number of names moved
   */
  async refresh(goOn: () => Promise<boolean> = async () => true): Promise<number> {
    let moved = 0;
    if (await this.#mayBeAbsent()) moved += await this.#build();
    for (let batch = -1; batch !== 0 && (batch < 0 || (await goOn())); moved += batch) {
      batch = await this.#sql.begin((tx) => moveNames(tx, BATCH));
    }
    if (moved >= MANY_NAMES) await this.#sql`VACUUM (ANALYZE) product_name_search, product_names_unindexed`;
    return moved;
  }

  /** Whether the index does not exist, though it can, and this role can build it. An empty one is dropped before many names come. */
  async #mayBeAbsent(): Promise<boolean> {
    const [state] = await this.#sql<{ canExist: boolean; exists: boolean; isToBeBuilt: boolean }[]>`
      SELECT
        EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') AND EXISTS (
          SELECT 1 FROM pg_class WHERE oid = 'product_name_search'::regclass AND pg_has_role(relowner, 'USAGE')
        ) AS "canExist",
        to_regclass(${INDEX}) IS NOT NULL AS "exists",
        NOT EXISTS (SELECT 1 FROM product_name_search) AND ${MANY_NAMES} <= (
          SELECT coalesce(sum(coalesce(cardinality(names), 1)), 0) FROM product_names_unindexed
        ) AS "isToBeBuilt"`;
    if (!state?.canExist) return false;
    return !state.exists || (state.isToBeBuilt && (await this.#dropEmpty()));
  }

  async #dropEmpty(): Promise<boolean> {
    try {
      return await this.#sql.begin(async (tx) => {
        await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
        await tx.unsafe('LOCK TABLE product_name_search IN ACCESS EXCLUSIVE MODE');
        const names = await tx`SELECT 1 FROM product_name_search LIMIT 1`;
        if (names.length > 0) return false;
        await tx.unsafe(`DROP INDEX IF EXISTS ${INDEX}`);
        return true;
      });
    } catch (error) {
      if (isLockTimeout(error)) return false;
      throw error;
    }
  }

  /**
   * In one transaction, until which searches find the names in the queue. It blocks no search, and no queuing of names.
   *
   * @returns the number of names moved
   */
  async #build(): Promise<number> {
    return this.#sql.begin(async (tx) => {
      // One core at most: others may be searching meanwhile.
      await tx.unsafe(`
        SET LOCAL max_parallel_maintenance_workers = 0;
        SET LOCAL max_parallel_workers_per_gather = 0`);
      await tx.unsafe('LOCK TABLE product_name_search IN SHARE ROW EXCLUSIVE MODE');
      const moved = await moveNames(tx, { names: null, blocks: null });
      const [extension] = await tx<{ schema: string }[]>`
        SELECT extnamespace::regnamespace::text AS schema FROM pg_extension WHERE extname = 'pg_trgm'`;
      await tx.unsafe(
        `CREATE INDEX IF NOT EXISTS ${INDEX} ON product_name_search USING gin (fold_name(name) ${extension?.schema}.gin_trgm_ops)`,
      );
      return moved;
    }) as Promise<number>;
  }
}

/**
 * @param most queued rows to move, of either form; null for all
 * @returns the number of names moved
 */
async function moveNames(
  tx: postgres.TransactionSql,
  most: { names: number | null; blocks: number | null },
): Promise<number> {
  const rows = (form: postgres.Fragment, limit: number | null) => tx`
    ARRAY(SELECT ctid FROM product_names_unindexed WHERE ${form} LIMIT ${limit}::bigint FOR UPDATE SKIP LOCKED)`;
  // One statement, so that every reader sees the name in one of the tables. Sorted, so that two processes that insert the
  // same names cannot deadlock.
  const [moved] = await tx<{ names: number }[]>`
    WITH taken AS MATERIALIZED (
      DELETE FROM product_names_unindexed
      WHERE ctid = ANY (${rows(tx`names IS NULL`, most.names)} || ${rows(tx`names IS NOT NULL`, most.blocks)})
      RETURNING name, names
    ), each AS (
      SELECT unnest(coalesce(names, ARRAY[name])) COLLATE "C" AS name FROM taken
    ), indexed AS (
      INSERT INTO product_name_search (name) SELECT DISTINCT name FROM each ORDER BY name
      ON CONFLICT (name) DO NOTHING
    )
    SELECT count(*) AS names FROM each`;
  return moved?.names ?? 0;
}
