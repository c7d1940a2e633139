// Creates a database for each run, on the Postgres server of the benchmark, and templates to restore databases from.

import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';

const PREFIX = 'loadstone_bench';
const INSUFFICIENT_PRIVILEGE = '42501';

export class Databases {
  readonly #admin: Database;
  readonly #existing = new Set<string>();
  #created = 0;

  /** @param url any database on the server, with a user that may create others */
  constructor(url: string) {
    this.#admin = openDatabase(url, { max: 1, applicationName: 'bench' });
  }

  /** Runs `work` on an empty database, after a checkpoint, and then drops the database. */
  async withFresh<T>(work: (url: string) => Promise<T>): Promise<T> {
    return this.#with(this.#nextName(), 'TEMPLATE template1', work);
  }

  /** Runs `work` on a copy of a template, after a checkpoint, and then drops the copy. */
  async withCopy<T>(template: string, work: (url: string) => Promise<T>): Promise<T> {
    // Copying files writes no WAL, which is faster for large databases.
    return this.#with(this.#nextName(), `TEMPLATE ${template} STRATEGY FILE_COPY`, work);
  }

  /** Creates a database and keeps it until `close`. @returns its name */
  async createTemplate(fill: (url: string) => Promise<void>): Promise<string> {
    const name = this.#nextName();
    await this.#create(name, 'TEMPLATE template1');
    await fill(this.urlOf(name));
    return name;
  }

  urlOf(name: string): string {
    const url = new URL(this.#admin.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  async version(): Promise<string> {
    const [row] = await this.#admin.sql<{ server_version: string }[]>`SHOW server_version`;
    return row?.server_version ?? '';
  }

  /** Drops all databases that are left. */
  async close(): Promise<void> {
    for (const name of this.#existing) await this.#drop(name);
    await this.#admin.close();
  }

  #nextName(): string {
    return `${PREFIX}_${++this.#created}`;
  }

  async #with<T>(name: string, source: string, work: (url: string) => Promise<T>): Promise<T> {
    await this.#create(name, source);
    try {
      await checkpoint(this.#admin.sql);
      return await work(this.urlOf(name));
    } finally {
      await this.#drop(name);
    }
  }

  async #create(name: string, source: string): Promise<void> {
    await this.#admin.sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.#admin.sql.unsafe(`CREATE DATABASE ${name} ${source}`);
    this.#existing.add(name);
  }

  async #drop(name: string): Promise<void> {
    await this.#admin.sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    this.#existing.delete(name);
  }
}

/** So that no run pays for the writes of the one before. Does nothing for a user without the right to. */
export async function checkpoint(sql: Database['sql']): Promise<void> {
  try {
    await sql.unsafe('CHECKPOINT');
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
  }
}
