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
    signal?.throwIfAborted();
    const pid = configure(sql);
    // If it fails, so does the read.
    pid.catch(() => {});
    await using _ = cancelOnAbort(db, pid, signal);
    try {
      const result = await read(sql);
      await pid;
      return { result };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  });
  return result;
}

/** Sent together with the first statement of the read. @returns the pid of the backend */
async function configure(sql: postgres.TransactionSql): Promise<number> {
  const [session] = await sql<{ pid: number }[]>`
    SELECT pg_backend_pid() AS pid, set_config('plan_cache_mode', 'force_custom_plan', TRUE)`;
  return Number(session?.pid);
}

/** Cancels the backend's statements once the signal aborts, until disposed. */
function cancelOnAbort(db: Database, pid: Promise<number>, signal: AbortSignal | undefined): AsyncDisposable {
  let retry: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const cancel = () => {
    last = pid.then((backend) => db.cancelBackend(backend)).catch(() => {});
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
