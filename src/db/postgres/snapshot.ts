// Read queries of clients, which may be expensive: they see one snapshot, and are cancelled in the database when the client
// disconnects. Otherwise they would keep their connections busy.

import type postgres from 'postgres';
import type { Database } from './connection/database.ts';

/** A cancel that arrives between two statements has no effect. */
const CANCEL_RETRY_MS = 50;

/**
 * Runs queries in one read-only snapshot. They are planned for their actual parameters, as the best plan depends on how
 * common a name is.
 *
 * @param signal cancels them in the database
 * @throws LoadstoneError QUERY_TIMEOUT if a statement exceeds the time limit of the database; the signal's reason
 */
export async function inOneSnapshot<Result>(
  db: Database,
  read: (sql: postgres.TransactionSql) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const { result } = await db.sql.begin('isolation level repeatable read read only', async (sql) => {
    const pid = await configure(sql);
    await using _ = cancelOnAbort(db, pid, signal);
    try {
      signal?.throwIfAborted();
      return { result: await read(sql) };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  });
  return result;
}

/** @returns the pid of the backend */
async function configure(sql: postgres.TransactionSql): Promise<number> {
  const [session] = await sql<{ pid: number }[]>`
    SELECT pg_backend_pid() AS pid, set_config('plan_cache_mode', 'force_custom_plan', TRUE)`;
  return Number(session?.pid);
}

/** Cancels the backend's statements once the signal aborts, until disposed. */
function cancelOnAbort(db: Database, pid: number, signal: AbortSignal | undefined): AsyncDisposable {
  let retry: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const cancel = () => {
    last = db.cancelBackend(pid).catch(() => {});
    retry = setTimeout(cancel, CANCEL_RETRY_MS);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  return {
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(retry);
      // A late cancel could hit the next user of the connection.
      await last;
    },
  };
}
