// An embedded Postgres that rounds may kill, with a database for each round.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';
import { type Database, openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../../src/db/postgres/startup/migrate.ts';
import { eventually } from '../eventually.ts';

/** Not a superuser: connection limits do not apply to those. */
const ROLE = 'torture';
const TEMPLATE = 'torture_template';
const BACK_WITHIN_MS = 60_000;

/** Fast shutdown, immediate shutdown, or killed. */
export type EndSignal = 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

export class TorturePostgres implements AsyncDisposable {
  /** Holds the cluster, and a data folder for each round. */
  readonly folder: string;
  readonly #opened: AsyncDisposableStack;
  readonly #address: URL;
  readonly #admin: Database;
  #made = 0;

  private constructor(folder: string, url: string, opened: AsyncDisposableStack) {
    this.folder = folder;
    this.#address = new URL(url);
    this.#opened = opened;
    this.#admin = openDatabase(this.adminUrl('postgres'), { max: 1, applicationName: 'torture admin' });
    opened.defer(() => this.#admin.close());
  }

  static async start(): Promise<TorturePostgres> {
    await using opened = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'loadstone-torture-'));
    opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const log = pino({ level: 'silent' });
    // Only processes fail here, not the machine: what the kernel has buffered is safe.
    const settings = { fsync: 'off', shared_buffers: '256MB', min_wal_size: '80MB' };
    const postgres = await startEmbeddedPostgres({ dataDir: folder, log, settings });
    opened.defer(() => postgres.close());
    const killOnExit = () => killPostmaster(folder);
    process.once('exit', killOnExit);
    opened.defer(() => void process.off('exit', killOnExit));
    const started = new TorturePostgres(folder, postgres.url, opened.move());
    try {
      await started.#prepare();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return Number(this.#address.port);
  }

  /** As a superuser, past every connection limit. */
  adminUrl(database: string): string {
    const url = new URL(this.#address);
    url.pathname = `/${database}`;
    return url.href;
  }

  /** @param port of a relay */
  serverUrl(database: string, port: number): string {
    const url = new URL(this.adminUrl(database));
    url.username = ROLE;
    url.password = ROLE;
    url.port = String(port);
    return url.href;
  }

  /** @returns the name of a database with Loadstone's tables, all empty */
  async createDatabase(): Promise<string> {
    const name = `torture_${++this.#made}`;
    await this.#admin.sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER ${ROLE}`);
    return name;
  }

  async dropDatabase(name: string): Promise<void> {
    const drop = () => this.#admin.sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await eventually('a database is dropped', drop, BACK_WITHIN_MS);
  }

  /** @param most concurrent connections of users other than superusers; -1: no limit */
  async limitConnections(database: string, most: number): Promise<void> {
    await this.#admin.sql.unsafe(`ALTER DATABASE ${database} CONNECTION LIMIT ${most}`);
  }

  /**
   * Moves the tables of a database, and those created later, to a tablespace in this folder.
   *
   * @returns a function that drops the database and the tablespace
   */
  async moveTables(database: string, folder: string): Promise<() => Promise<void>> {
    const { sql } = this.#admin;
    const space = `${database}_space`;
    await sql.unsafe(`CREATE TABLESPACE ${space} LOCATION '${folder}'`);
    await sql.unsafe(`GRANT CREATE ON TABLESPACE ${space} TO ${ROLE}`);
    await sql.unsafe(`ALTER DATABASE ${database} SET default_tablespace = ${space}`);
    const inside = openDatabase(this.adminUrl(database), { max: 1, applicationName: 'torture admin' });
    try {
      for (const kind of ['TABLE', 'INDEX']) {
        // The monitor's queries may hold locks on the tables.
        const move = () =>
          inside.sql.unsafe(`ALTER ${kind} ALL IN TABLESPACE pg_default SET TABLESPACE ${space}`);
        await eventually('tables are moved', move);
      }
    } finally {
      await inside.close();
    }
    return async () => {
      await this.dropDatabase(database);
      await sql.unsafe(`DROP TABLESPACE ${space}`);
    };
  }

  /** Ends Postgres and waits until it runs again: its supervisor restarts it. */
  async restart(end: EndSignal): Promise<void> {
    const before = await postmasterOf(this.folder);
    process.kill(before, end);
    const isBack = async () => {
      if ((await postmasterOf(this.folder)) === before) throw new Error('the old postmaster still runs');
      await this.#admin.sql`SELECT 1`;
    };
    await eventually('Postgres is back', isBack, BACK_WITHIN_MS);
  }

  /** Waits until Postgres accepts connections after a crash of one of its processes. */
  async untilBack(): Promise<void> {
    await eventually('Postgres is back', () => this.#admin.sql`SELECT 1`, BACK_WITHIN_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #prepare(): Promise<void> {
    const { sql } = this.#admin;
    await sql.unsafe(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${ROLE}'`);
    await sql.unsafe(`CREATE DATABASE ${TEMPLATE} OWNER ${ROLE}`);
    await migrateDatabase(this.serverUrl(TEMPLATE, this.port));
  }
}

async function postmasterOf(folder: string): Promise<number> {
  return firstLine(await readFile(pidFile(folder), 'utf8'));
}

/** For a process that exits without disposing of anything: nothing else would stop Postgres. */
function killPostmaster(folder: string): void {
  try {
    process.kill(firstLine(readFileSync(pidFile(folder), 'utf8')), 'SIGQUIT');
  } catch {
    // It has ended already.
  }
}

function pidFile(folder: string): string {
  return join(folder, 'postgres', 'postmaster.pid');
}

function firstLine(text: string): number {
  return Number(text.split('\n')[0]);
}
