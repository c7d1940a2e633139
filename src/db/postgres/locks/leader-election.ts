// Leader election by a session lock: one server process at a time does the work. The lock is released when the leader's
// connection closes, for whatever reason, and the next process in the queue becomes the leader.

import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../connection/database.ts';
import { Session } from '../connection/session.ts';

const RETRY_MS = 1000;

/**
 * Waits to become the leader, then runs the work. Starts over when the leader's connection is lost.
 *
 * @param purpose a word or two for `application_name`
 * @param work must end when its signal aborts, which is when `signal` does or the leadership is lost
 */
export async function runAsLeader(
  database: Database,
  key: number,
  purpose: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    // Errors of the connection; any other would come again.
    await leadOnce(database, key, purpose, signal, work).catch(() => {});
    if (!signal.aborted) await pause(RETRY_MS, undefined, { signal }).catch(() => {});
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
