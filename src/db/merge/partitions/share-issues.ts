// An import keeps a limited number of superseded rows as issues. Its partitions share that limit, each in the transaction that
// compares it, so that none waits for another one to be written.

import type postgres from 'postgres';
import { ISSUES_LOCK } from '../../postgres/locks/advisory-locks.ts';
import type { PartitionKey } from './partition-ledger.ts';

/**
 * Notes how many superseded rows of a partition are kept: as many as the others leave of the limit.
 *
 * @returns that number; undefined if all are
 */
export async function shareIssues(
  tx: postgres.TransactionSql,
  { importId, partition }: PartitionKey,
  superseded: number,
  limit: number,
): Promise<number | undefined> {
  if (superseded === 0) return undefined;
  await tx`SELECT pg_advisory_xact_lock(${ISSUES_LOCK})`;
  // A statement of its own sees what the holders of the lock before have committed.
  const [share] = await tx<{ kept: number }[]>`
    UPDATE import_partitions SET superseded_kept = least(${superseded}::bigint, greatest(${limit}::bigint - (
      SELECT coalesce(sum(coalesce(superseded_kept, superseded)), 0)::bigint FROM import_partitions others
      WHERE others.import_id = ${importId} AND others.partition <> ${partition}
    ), 0))
    WHERE import_id = ${importId} AND partition = ${partition}
    RETURNING superseded_kept AS kept`;
  if (!share) throw new Error(`import ${importId} has no partition ${partition}`);
  return share.kept < superseded ? share.kept : undefined;
}
