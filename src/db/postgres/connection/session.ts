// One connection to itself, for work that outlives a statement: session locks, temporary tables.

import type postgres from 'postgres';
import { ConnectionLostError } from '../sqlstate.ts';
import { applicationName, type Database } from './database.ts';
import { closePool, openPool } from './pool.ts';

const CANCEL_RETRY_MS = 50;

export class Session {
  readonly sql: postgres.Sql;
  /** Of the process that serves it at the database. */
  readonly pid: number;
  /** Resolves when the connection is gone, and with it all that it held. */
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
   * @param database whose address it takes, and over which its work is cancelled
   * @param purpose for `pg_stat_activity`, in a word or two
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
   * Runs work on this session. When the signal comes, the server cancels what it does: that statement fails, and
   * with it the transaction. Close the session then.
   *
   * @throws the signal's reason when it came and the work did not end before; ConnectionLostError when the connection
   *   is gone, before or meanwhile: a new one in its place has none of the locks and tables
   */
  async run<T>(signal: AbortSignal, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new ConnectionLostError();
    let again: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.#database.cancelBackend(this.pid).catch(() => {});
      // It may have come between two statements, and then did nothing.
      again = setTimeout(cancel, CANCEL_RETRY_MS);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await work(this.sql);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#isClosed ? new ConnectionLostError({ cause: error }) : error;
    } finally {
      signal.removeEventListener('abort', cancel);
      clearTimeout(again);
    }
  }

  async close(): Promise<void> {
    // postgres.js waits for the queries of a connection that is gone.
    await closePool(this.sql, this.#isClosed ? 0 : undefined);
  }
}
