// One connection to itself, for work that outlives a statement: session locks, temporary tables.

import type postgres from 'postgres';
import type { Database } from './client.ts';
import { closeConnections, openConnections } from './connections.ts';

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
   * @param database whose address it takes, and over which it is ended
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
   * Runs work on this session. When the signal comes, the server ends the session in the middle of whatever it
   * does: its transaction is undone, its locks are free.
   *
   * @throws the signal's reason when it came
   */
  async run<T>(signal: AbortSignal, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const end = () => void this.#database.sql`SELECT pg_terminate_backend(${this.#pid})`.catch(() => {});
    signal.addEventListener('abort', end, { once: true });
    try {
      return await work(this.sql);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async close(): Promise<void> {
    await closeConnections(this.sql);
  }
}
