// A dedicated connection, for state that outlives a transaction: session locks, temporary tables.

import type postgres from 'postgres';
import { ConnectionLostError } from '../sqlstate.ts';
import { applicationName, type Database } from './database.ts';
import { closePool, openPool } from './pool.ts';

const CANCEL_RETRY_MS = 50;

export class Session {
  readonly sql: postgres.Sql;
  /** Of its backend. */
  readonly pid: number;
  /** Resolves when the connection has closed, which releases its locks and drops its temporary tables. */
  readonly closed: Promise<void>;
  readonly #database: Database;
  #isClosed = false;

  private constructor(database: Database, sql: postgres.Sql, pid: number, closed: Promise<void>) {
    this.#database = database;
    this.pid = pid;
    this.sql = sql;
    this.closed = closed.then(() => {
      this.#isClosed = true;
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * @param purpose a word or two for `application_name`
   * @param setup statements to run first
   */
  static async open(database: Database, purpose: string, setup: string): Promise<Session> {
    const closed = Promise.withResolvers<void>();
    const sql = openPool(database.url, {
      max: 1,
      applicationName: applicationName(database, purpose),
      sockets: database.sockets,
      onClose: closed.resolve,
    });
    try {
      const [row] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      if (setup) await sql.unsafe(setup);
      return new Session(database, sql, Number(row?.pid), closed.promise);
    } catch (error) {
      await closePool(sql);
      throw error;
    }
  }

  /**
   * Runs work on this session. Aborting the signal cancels the current statement in the database, and with it the
   * transaction. Close the session afterwards.
   *
   * @throws the signal's reason when it aborts before the work is done; ConnectionLostError when the connection closes
   *   before or during it
   */
  async run<T>(signal: AbortSignal, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new ConnectionLostError();
    let retry: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.#database.cancelBackend(this.pid).catch(() => {});
      // A cancel that arrives between two statements has no effect.
      retry = setTimeout(cancel, CANCEL_RETRY_MS);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await work(this.sql);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#isClosed ? new ConnectionLostError({ cause: error }) : error;
    } finally {
      signal.removeEventListener('abort', cancel);
      clearTimeout(retry);
    }
  }

  async close(): Promise<void> {
    await closePool(this.sql);
  }
}
