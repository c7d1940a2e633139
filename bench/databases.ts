// Databases that each run gets fresh, on the one Postgres of the bench.

import { type Database, openDatabase } from '../src/db/postgres/connection/database.ts';

export class Databases {
  readonly #admin: Database;
  #made = 0;

  /** @param url of the server: any database on it whose user may create others */
  constructor(url: string) {
    this.#admin = openDatabase(url, { max: 1, applicationName: 'bench' });
  }

  /** Runs work on an empty database and drops it; before, everything that earlier runs wrote is on disk. */
  async withFresh<T>(work: (url: string) => Promise<T>): Promise<T> {
    const name = `bench_${++this.#made}`;
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
