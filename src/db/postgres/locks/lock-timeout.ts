// For statements that wait for a lock which somebody may hold for long: they give up soon (SQLSTATE 55P03), and whoever
// asked may look at what else is to do before the next try.

import type postgres from 'postgres';

const LOCK_WITHIN = '2s';

export async function withLockTimeout(
  sql: postgres.Sql,
  work: (tx: postgres.TransactionSql) => Promise<unknown>,
): Promise<void> {
  await sql.begin(async (tx) => {
    await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
    await work(tx);
  });
}
