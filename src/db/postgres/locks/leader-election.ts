// A duty that one server process has at a time. It holds a session lock, which falls with its connection however that
// ends: the next process in the queue has the duty then.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../connection/database.ts';
import { Session } from '../connection/session.ts';

const TRY_AGAIN_MS = 1000;

/**
 * Waits for the duty and does it; does it again when it was lost with the connection.
 *
 * @param purpose for `pg_stat_activity`, in a word or two
 * @param work ends with the signal, which aborts when the duty is lost or `signal` comes
 */
export async function runAsLeader(
  database: Database,
  key: number,
  purpose: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    // Whatever fails is the way to the database, or shows itself again: there is nobody to tell but the work.
    await leadOnce(database, key, purpose, signal, work).catch(() => {});
    if (!signal.aborted) await pause(TRY_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

async function leadOnce(
  database: Database,
  key: number,
  purpose: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const session = await Session.open(database, purpose, '');
  const lost = new AbortController();
  session.closed.then(() => lost.abort());
  try {
    await session.run(signal, (sql) => sql`SELECT pg_advisory_lock(${key})`);
    await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    await session.close();
  }
}
