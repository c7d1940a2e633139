// One import merges at a time, in the order in which they asked: so the later one wins every SKU they share, and
// no two of them ever insert the same one at once.

import type { Database } from './client.ts';
import { MERGE_TURN } from './locks.ts';
import { Session } from './session.ts';

/**
 * Waits for the turn.
 *
 * @returns what gives it back
 */
export async function takeMergeTurn(database: Database, signal: AbortSignal): Promise<AsyncDisposable> {
  const session = await Session.open(database, 'loadstone merge turn', '');
  try {
    await session.run(signal, (sql) => sql`SELECT pg_advisory_lock(${MERGE_TURN})`);
  } catch (error) {
    await session.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: () => session.close() };
}
