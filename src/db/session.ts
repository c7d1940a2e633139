// One connection to itself, for work that outlives a statement: session locks, temporary tables.

import { type Database, openDatabase } from './client.ts';
import type postgres from 'postgres';

export class Session {
  readonly sql: postgres.Sql;
  readonly #connection: Database;
  readonly #database: Database;
  readonly #pid: number;

  private constructor(database: Database, connection: Database, pid: number) {
    this.#database = database;
    this.#connection = connection;
    this.#pid = pid;
    this.sql = connection.sql;
  }

  /**
   * @param database whose address it takes, and over which it is ended
   * @param setup statements to run first
   */
  static async open(database: Database, applicationName: string, setup: string): Promise<Session> {
    const connection = openDatabase(database.url, { max: 1, applicationName });
    try {
      const [row] = await connection.sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      if (setup) await connection.sql.unsafe(setup);
      return new Session(database, connection, Number(row?.pid));
    } catch (error) {
      await connection.close();
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
    await this.#connection.close();
  }
}
