// A cut: reads see all nodes of a cluster as no commit crosses them. On one node, any snapshot is one.

import type postgres from 'postgres';
import { untilFinished } from './in-doubt.ts';
import { COUNTS_LOCK } from './locks/advisory-locks.ts';
import { isPlaced } from './placement.ts';

/**
 * Runs reads of products and counts at one moment, whatever is written meanwhile.
 *
 * The lock of the tables comes before the snapshot: a first load replaces both, and in between it would look as if one were
 * filled and the other empty. A node of a cluster has a snapshot of its own, from its first read on. Whoever changes counts holds
 * `COUNTS_LOCK` until its commit has come to all nodes: so it is held while all nodes are read for the first time, each by the
 * one connection that later reads use. If a node was lost in a commit, the lock is free before the node has all of it.
 *
 * @param sql of a session, to be closed if this fails
 */
export async function inCut<Result>(
  sql: postgres.Sql,
  read: (tx: postgres.TransactionSql) => Promise<Result>,
): Promise<Result> {
  const placed = await isPlaced(sql);
  if (placed) {
    await sql`SET citus.max_adaptive_executor_pool_size = 1`;
    await sql`SELECT pg_advisory_lock(${COUNTS_LOCK})`;
    await untilFinished(sql);
  }
  const boxed = await sql.begin('isolation level repeatable read read only', async (tx) => {
    await tx.unsafe('LOCK TABLE products, product_name_counts IN ACCESS SHARE MODE');
    if (placed) {
      await tx`SELECT 1 FROM products LIMIT 1`;
      await tx`SELECT 1 FROM product_name_counts LIMIT 1`;
      await tx`SELECT pg_advisory_unlock(${COUNTS_LOCK})`;
    }
    return { result: await read(tx) };
  });
  return boxed.result;
}
