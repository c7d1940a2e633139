// One snapshot for all sessions of a preview, so that its numbers belong to one moment.

import type postgres from 'postgres';

export interface SharedSnapshot {
  /** In ISO format. */
  asOf: string;
  /** For other sessions; null if the catalogue is empty, so that nothing of it needs to be read. */
  id: string | null;
}

const READ_ONLY = 'isolation level repeatable read read only';

/**
 * Takes a snapshot, and keeps it until the work is done.
 *
 * The locks are those of any query, and none if the catalogue is empty: a first load could not replace its tables. They come
 * before the snapshot, as the rows of a first load are older than that.
 *
 * @param sql a session that started with `PREVIEW_SETUP`
 */
export async function takeSharedSnapshot<Result>(
  sql: postgres.Sql,
  work: (tx: postgres.TransactionSql, snapshot: SharedSnapshot) => Promise<Result>,
): Promise<Result> {
  const taken = await sql.begin(READ_ONLY, async (tx) => {
    await tx`LOCK TABLE products, product_name_counts IN ACCESS SHARE MODE`;
    const [snapshot] = await tx<[SharedSnapshot]>`
      SELECT to_json(statement_timestamp())#>>'{}' AS "asOf",
        CASE WHEN EXISTS (SELECT 1 FROM products) THEN pg_export_snapshot() END AS id`;
    return snapshot.id === null ? { snapshot } : { result: await work(tx, snapshot) };
  });
  if ('result' in taken) return taken.result;
  return inSharedSnapshot(sql, taken.snapshot, (tx) => work(tx, taken.snapshot));
}

/** Runs work of another session in the snapshot. */
export async function inSharedSnapshot<Result>(
  sql: postgres.Sql,
  { id }: SharedSnapshot,
  work: (tx: postgres.TransactionSql) => Promise<Result>,
): Promise<Result> {
  const { result } = await sql.begin(READ_ONLY, async (tx) => {
    if (id !== null) await tx.unsafe(`SET TRANSACTION SNAPSHOT '${id}'`);
    return { result: await work(tx) };
  });
  return result;
}
