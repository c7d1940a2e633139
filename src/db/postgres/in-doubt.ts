// Transactions in doubt, on a Citus cluster: a node was lost between the two phases of a commit. They are committed, or not, by
// what the coordinator has on disk; but until Citus finishes them on the node, their rows are locked there and not to be seen.

import type postgres from 'postgres';
import { hasCitus } from './placement.ts';
import { ConnectionLostError } from './sqlstate.ts';

/** Long enough for a commit under way; so that a wait can be cancelled, the database waits. */
const AGAIN_AFTER_SECONDS = 0.1;

/** Waits until all nodes have finished what they have prepared by now. */
export async function untilFinished(sql: postgres.Sql): Promise<void> {
  if (!(await hasCitus(sql))) return;
  const inDoubt = await preparedTransactions(sql);
  while (inDoubt.size > 0) {
    await sql`SELECT pg_sleep(${AGAIN_AFTER_SECONDS})`;
    const prepared = await preparedTransactions(sql);
    for (const gid of inDoubt) if (!prepared.has(gid)) inDoubt.delete(gid);
  }
}

/** @throws ConnectionLostError if a node is away */
async function preparedTransactions(sql: postgres.Sql): Promise<Set<string>> {
  const nodes = await sql<{ success: boolean; result: string }[]>`
    SELECT success, result FROM run_command_on_all_nodes(
      $$SELECT coalesce(json_agg(gid), '[]') FROM pg_prepared_xacts WHERE database = current_database() AND gid LIKE 'citus\_%'$$
    )`;
  return new Set(
    nodes.flatMap(({ success, result }) => {
      if (!success) throw new ConnectionLostError({ cause: new Error(result) });
      return JSON.parse(result) as string[];
    }),
  );
}
