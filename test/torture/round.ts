// One round: a database and a data folder, some servers, the files that are sent, and what is known of them.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportState } from '../../src/cli/client/loadstone-client.ts';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { CatalogueModel } from '../support/catalogue-model.ts';
import { expectNoErrors, query } from '../support/graphql-client.ts';
import { LookOut } from './look-out.ts';
import { patiently, untilSo } from './patiently.ts';
import type { TorturePostgres } from './postgres.ts';
import { makeFile, type ProductFile } from './product-file.ts';
import { Random } from './random.ts';
import { ServerProcess } from './server-process.ts';
import { Submission, type SubmissionOptions } from './submission.ts';
import { Updates } from './updates.ts';

export interface RoundOptions {
  seed: number;
  /** Of the files, at most. */
  rows: number;
}

/** What a fault needs to be there before. */
export interface Scene {
  servers: 1 | 2 | 'one or two';
  /** Whether the catalogue has products; empty in half of the rounds unless told. */
  catalogue?: 'filled' | 'any';
  /** Before the servers start. */
  prepare?(round: Round): Promise<void>;
}

export interface ImportRow {
  id: string;
  status: ImportState['status'];
  owner: string | null;
  rows: ImportState['rows'];
  errorCode: string | null;
  waitingFor: string | null;
  bytesReceived: number;
  mergedParts: number;
  finished: boolean;
}

export class Round implements AsyncDisposable {
  readonly random: Random;
  readonly postgres: TorturePostgres;
  /** The round's database, past servers, relays and limits. */
  readonly database: Database;
  readonly databaseName: string;
  readonly dataDir: string;
  /** Settings of all servers of the round. */
  readonly settings: Record<string, string>;
  /** The catalogue before what is submitted. */
  readonly before = new CatalogueModel();
  readonly servers: ServerProcess[] = [];
  readonly submissions: Submission[] = [];
  readonly updates = new Updates();
  /** What happened, in a few words. */
  readonly notes: string[] = [];
  readonly lookOut: LookOut;
  readonly #opened: AsyncDisposableStack;
  readonly #rows: number;
  readonly #sample: number;
  #editions = 0;

  private constructor(
    postgres: TorturePostgres,
    databaseName: string,
    dataDir: string,
    { seed, rows }: RoundOptions,
    opened: AsyncDisposableStack,
  ) {
    this.random = new Random(seed);
    this.postgres = postgres;
    this.databaseName = databaseName;
    this.dataDir = dataDir;
    this.#opened = opened;
    this.#rows = this.random.between(Math.ceil(rows / 4), rows);
    this.#sample = this.random.between(1, 1_000_000);
    this.settings = { INGEST_LANES: String(this.random.between(1, 4)) };
    const url = postgres.adminUrl(databaseName);
    this.database = openDatabase(url, { max: 3, applicationName: 'torture' });
    opened.defer(() => this.database.close());
    this.lookOut = opened.use(new LookOut(url));
  }

  /** Makes the database and starts the servers. */
  static async begin(postgres: TorturePostgres, scene: Scene, options: RoundOptions): Promise<Round> {
    await using opened = new AsyncDisposableStack();
    const database = await postgres.createDatabase();
    opened.defer(() => postgres.dropDatabase(database));
    const dataDir = join(postgres.folder, database);
    await mkdir(dataDir);
    opened.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
    const round = new Round(postgres, database, dataDir, options, opened.move());
    try {
      await round.#prepare(scene);
      return round;
    } catch (error) {
      await round[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The server that is struck, or talked to. */
  get server(): ServerProcess {
    const server = this.servers.find(({ hasEnded }) => !hasEnded);
    if (!server) throw new Error('no server is running');
    return server;
  }

  /** Another server on the same database and data folder, where there is one. */
  get sibling(): ServerProcess | undefined {
    return this.servers.filter(({ hasEnded }) => !hasEnded)[1];
  }

  async startServer(settings: Record<string, string> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start({
      postgresPort: this.postgres.port,
      databaseUrl: (port) => this.postgres.serverUrl(this.databaseName, port),
      dataDir: this.dataDir,
      codeDir: join(this.postgres.folder, 'code'),
      settings: { ...this.settings, ...settings },
    });
    this.servers.push(this.#opened.use(server));
    return server;
  }

  /** For what has to be undone after the round, before its folder is removed. */
  defer(undo: () => Promise<void>): void {
    this.#opened.defer(undo);
  }

  /** A new edition of the products, with some differences from those before. */
  makeFile(furtherColumns?: readonly string[]): ProductFile {
    const rows = this.random.between(Math.ceil(this.#rows / 2), this.#rows);
    return makeFile(this.random, { rows, sample: this.#sample, edition: this.#editions++, furtherColumns });
  }

  submit(server: ServerProcess, file: ProductFile, options?: SubmissionOptions): Submission {
    const submission = new Submission(server.url, file, options);
    this.submissions.push(submission);
    this.#opened.defer(() => submission.giveUp());
    return submission;
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** The state of an import, as the database has it; undefined when there is none. */
  async importRow(id: string): Promise<ImportRow | undefined> {
    const read = () => this.database.sql<ImportRow[]>`
      SELECT id, status, owner, error_code AS "errorCode", waiting_for AS "waitingFor", bytes_received AS "bytesReceived",
        finished_at IS NOT NULL AS finished,
        json_build_object('read', rows_read, 'inserted', rows_inserted, 'updated', rows_updated,
          'unchanged', rows_unchanged, 'superseded', rows_superseded, 'rejected', rows_rejected) AS rows,
        (SELECT count(merged_at) FROM import_partitions WHERE import_id = imports.id) AS "mergedParts"
      FROM imports WHERE id = ${id}`;
    const [row] = await patiently('an import is read', read);
    return row;
  }

  /** Fails with what is known of the import when it does not come so far. */
  async importReaches(id: string, isSo: (row: ImportRow) => boolean, within?: number): Promise<void> {
    let row: ImportRow | undefined;
    const look = async () => {
      row = await this.importRow(id);
      return row !== undefined && isSo(row);
    };
    await untilSo('an import moves on', look, within).catch(async (error: Error) => {
      const sessions = await this.#describeSessions();
      throw new Error(`${error.message} It is ${JSON.stringify(row)}. Sessions: ${sessions}`);
    });
  }

  /** The same for the import of a file; fails at once when that is refused and never gets one. */
  async reaches(
    { id, reply }: Submission,
    isSo: (row: ImportRow) => boolean,
    within?: number,
  ): Promise<void> {
    const refused = reply.then(async ({ code }) => {
      if (code && !(await this.importRow(id)))
        throw new Error(`a file was refused before it had an import: ${code}`);
      return new Promise<never>(() => {});
    });
    await Promise.race([this.importReaches(id, isSo, within), refused]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #describeSessions(): Promise<string> {
    const sessions = await this.database.sql`
      SELECT application_name AS name, state, wait_event AS wait, left(query, 80) AS query FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'loadstone%'`.catch(() => []);
    return JSON.stringify(sessions);
  }

  async #prepare({ prepare, servers, catalogue = 'any' }: Scene): Promise<void> {
    await prepare?.(this);
    const count = servers === 'one or two' ? this.random.between(1, 2) : servers;
    await Promise.all(Array.from({ length: count }, () => this.startServer()));
    this.note(count === 1 ? '1 server' : '2 servers');
    if (catalogue === 'filled' || this.random.chance(50)) await this.#fill();
    else this.note('empty catalogue');
  }

  async #fill(): Promise<void> {
    const file = this.makeFile();
    const first = new Submission(this.server.url, file);
    const { code } = await first.replied();
    if (code) throw new Error(`the first file was refused: ${code}`);
    await this.importReaches(first.id, ({ finished }) => finished);
    this.before.import(file.products);
  }
}

/** Asks a server. @throws an AssertionError when it answers with errors */
export async function ask<Data>(
  { url }: ServerProcess,
  document: string,
  variables?: Record<string, unknown>,
): Promise<Data> {
  return expectNoErrors(await query<Data>(url, document, variables));
}
