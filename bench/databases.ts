// Creates a new database for each run, on the Postgres server of the benchmark.

import { type Database, openDatabase } from '../src/db/postgres/connection/database.ts';

export class Databases {
  readonly #admin: Database;
  #created = 0;

  /** @param url any database on the server, with a user that may create others */
  constructor(url: string) {
    this.#admin = openDatabase(url, { max: 1, applicationName: 'bench' });
  }

  /** Runs `work` on an empty database, after a checkpoint, and then drops the database. */
  async withFresh<T>(work: (url: string) => Promise<T>): Promise<T> {
    const name = `bench_${++this.#created}`;
    await this.#admin.sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.#admin.sql.unsafe(`CREATE DATABASE ${name}`);
    await this.checkpoint();
    const url = new URL(this.#admin.url);
    url.pathname = `/${name}`;
    try {
      return await work(url.href);
    } finally {
      await this.#admin.sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  }

  async checkpoint(): Promise<void> {
    await this.#admin.sql.unsafe('CHECKPOINT');
  }

  async version(): Promise<string> {
    const [row] = await this.#admin.sql<{ server_version: string }[]>`SHOW server_version`;
    return row?.server_version ?? '';
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }
}
