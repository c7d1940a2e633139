// One connection to itself, for work that outlives a statement: session locks, temporary tables.

import type postgres from 'postgres';
import type { Database } from './client.ts';
import { closeConnections, openConnections } from './connections.ts';

const CANCEL_AGAIN_MS = 50;

export class Session {
  readonly sql: postgres.Sql;
  readonly #database: Database;
  readonly #pid: number;

  private constructor(database: Database, sql: postgres.Sql, pid: number) {
    this.#database = database;
    this.#pid = pid;
    this.sql = sql;
  }

  /**
   * @param database whose address it takes, and over which its work is cancelled
   * @param setup statements to run first
   */
  static async open(database: Database, applicationName: string, setup: string): Promise<Session> {
    const sql = openConnections(database.url, { max: 1, applicationName });
    try {
      const [row] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      if (setup) await sql.unsafe(setup);
      return new Session(database, sql, Number(row?.pid));
    } catch (error) {
      await closeConnections(sql);
      throw error;
    }
  }

  /**
   * Runs work on this session. When the signal comes, the server cancels what it does: that statement fails, and
   * with it the transaction. Close the session then.
   *
   * @throws the signal's reason when it came and the work did not end before
   */
  async run<T>(signal: AbortSignal, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    let again: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.#database.sql`SELECT pg_cancel_backend(${this.#pid})`.catch(() => {});
      // It may have come between two statements, and then did nothing.
      again = setTimeout(cancel, CANCEL_AGAIN_MS);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await work(this.sql);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      clearTimeout(again);
    }
  }

  async close(): Promise<void> {
    await closeConnections(this.sql);
  }
}
