// Reads for clients, which may turn out dear: they see one instant, end with the client's interest in them, and are
// over within a time limit. What is given up does not go on in the database, where it would hold its connection.

import type postgres from 'postgres';
import { LoadstoneError } from '../../errors.ts';
import type { Database } from './connection/database.ts';
import { isQueryCanceled } from './sqlstate.ts';

/** Between two tries to cancel: one that comes between two statements does nothing. */
const CANCEL_RETRY_MS = 50;

/**
 * Runs queries that all see the database as it was at one instant, so that what they find fits together.
 *
 * Their plans are made for the values that they are given: how common a name or a part of it is decides which is good.
 *
 * @param signal cancels them in the database
 * @throws LoadstoneError QUERY_TIMEOUT when one of them takes longer than the database's `queryTimeoutMs`; the reason
 *   of the signal
 */
export async function inOneSnapshot<Result>(
  db: Database,
  read: (sql: postgres.TransactionSql) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const boxed = await db.sql.begin('isolation level repeatable read read only', async (sql) => {
    const pid = await prepare(sql, db.queryTimeoutMs);
    const begin = performance.now();
    await using _ = cancelling(db, pid, signal);
    try {
      signal?.throwIfAborted();
      return { result: await read(sql) };
    } catch (error) {
      signal?.throwIfAborted();
      const late = db.queryTimeoutMs > 0 && performance.now() - begin >= db.queryTimeoutMs;
      throw late && isQueryCanceled(error) ? queryTimeout(db.queryTimeoutMs) : error;
    }
  });
  return boxed.result;
}

/** @returns the process at the database that serves this transaction */
async function prepare(sql: postgres.TransactionSql, timeoutMs: number): Promise<number> {
  const [session] = await sql<{ pid: number }[]>`
    SELECT pg_backend_pid() AS pid, set_config('statement_timeout', ${String(timeoutMs)}, TRUE),
      set_config('plan_cache_mode', 'force_custom_plan', TRUE)`;
  return Number(session?.pid);
}

/** Cancels what the process is at when the signal comes; nothing more once it is disposed of. */
function cancelling(db: Database, pid: number, signal: AbortSignal | undefined): AsyncDisposable {
  let again: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const cancel = () => {
    last = db.cancelBackend(pid).catch(() => {});
    again = setTimeout(cancel, CANCEL_RETRY_MS);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  return {
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(again);
      // Or it might meet what the connection does next, for somebody else.
      await last;
    },
  };
}

function queryTimeout(timeoutMs: number): LoadstoneError {
  const message = `The query took longer than ${timeoutMs / 1000} seconds, and was cancelled. Ask for less at once (fewer fields that count, such as totalCount; a longer part of a name), or raise QUERY_TIMEOUT_SECONDS on the server.`;
  return new LoadstoneError('QUERY_TIMEOUT', message);
}
