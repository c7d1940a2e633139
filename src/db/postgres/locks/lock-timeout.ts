// For statements that need a lock which others may hold for a long time: they fail after two seconds (SQLSTATE 55P03)
// rather than block, and are retried later.

import type postgres from 'postgres';

const LOCK_TIMEOUT = '2s';

export async function withLockTimeout(
  sql: postgres.Sql,
  work: (tx: postgres.TransactionSql) => Promise<unknown>,
): Promise<void> {
  await sql.begin(async (tx) => {
    await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await work(tx);
  });
}
