// Lets one import merge at a time, in first-come, first-served order: the later one wins all SKUs that both have, and two
// imports never insert the same SKU at once.

import type postgres from 'postgres';
import { inSpan } from '../../../telemetry/tracing.ts';
import type { Database } from '../../postgres/connection/database.ts';
import { Session } from '../../postgres/connection/session.ts';
import { untilFinished } from '../../postgres/in-doubt.ts';
import { MERGE_TURN_LOCK, MERGING_LOCK } from '../../postgres/locks/advisory-locks.ts';
import { ConnectionLostError } from '../../postgres/sqlstate.ts';

export class MergeTurn implements AsyncDisposable {
  readonly #session: Session;
  readonly #lost = new AbortController();

  private constructor(session: Session) {
    this.#session = session;
    session.closed.then(() => this.#lost.abort(new ConnectionLostError()));
  }

  /**
   * Waits for the turn, which ends when disposed.
   *
   * @param onWait called if the turn is taken
   */
  static async take(database: Database, onWait: () => void, signal: AbortSignal): Promise<MergeTurn> {
    const session = await Session.open(database, 'merge turn', '');
    try {
      const take = () =>
        session.run(signal, async (sql) => {
          // Also fails if others are waiting, so nobody jumps the queue.
          const [row] = await sql<
            { taken: boolean }[]
          >`SELECT pg_try_advisory_lock(${MERGE_TURN_LOCK}) AS taken`;
          if (!row?.taken) {
            onWait();
            await sql`SELECT pg_advisory_lock(${MERGE_TURN_LOCK})`;
          }
          await sql`SELECT pg_advisory_lock(${MERGING_LOCK}), pg_advisory_unlock(${MERGING_LOCK})`;
          await untilFinished(sql);
        });
      await inSpan('wait for merge turn', {}, take);
    } catch (error) {
      await session.close();
      throw error;
    }
    return new MergeTurn(session);
  }

  /** Aborts when the turn is lost because its connection closed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Guarantees that nobody else gets the turn before the transaction ends.
   *
   * @throws ConnectionLostError if the turn is lost already
   */
  async hold(tx: postgres.TransactionSql): Promise<void> {
    await tx`SELECT pg_advisory_xact_lock_shared(${MERGING_LOCK})`;
    const held = await tx`
      SELECT FROM pg_locks
      WHERE locktype = 'advisory' AND pid = ${this.#session.pid} AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = ${MERGE_TURN_LOCK}`;
    if (held.length === 0) throw new ConnectionLostError();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }
}
