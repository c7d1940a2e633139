// A round: a database, a data folder, servers, and the files sent to them.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportState } from '../../src/cli/client/loadstone-client.ts';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { CatalogueModel } from '../support/imports/catalogue-model.ts';
import { expectNoErrors, query } from '../support/server/graphql-client.ts';
import { makeFile, type ProductFile } from './clients/product-file.ts';
import { Submission, type SubmissionOptions } from './clients/submission.ts';
import { Updates } from './clients/updates.ts';
import { eventually, waitUntil } from './eventually.ts';
import { InvariantMonitor } from './invariant-monitor.ts';
import { GivenCluster } from './machines/given-cluster.ts';
import { TorturePostgres } from './machines/postgres.ts';
import { ServerProcess } from './machines/server-process.ts';
import { Random } from './random.ts';

export interface RoundOptions {
  seed: number;
  /** Maximum per file. */
  rows: number;
}

/** What a fault needs before it is injected. */
export interface RoundSetup {
  servers: 1 | 2 | 'one or two';
  /** Whether the catalogue has products. Default: in half of the rounds. */
  catalogue?: 'filled' | 'empty' | 'any';
  /** Called before the servers start. */
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

const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
const COMMIT = 'mutation ($id: ID!) { commitImport(id: $id) { status } }';
const COMMIT_EVERY_MS = 50;

export class Round implements AsyncDisposable {
  readonly random: Random;
  readonly postgres: TorturePostgres | GivenCluster;
  /** The round's database, without relay and connection limit. */
  readonly database: Database;
  readonly databaseName: string;
  readonly dataDir: string;
  /** Settings of all servers of the round. */
  readonly settings: Record<string, string>;
  /** The catalogue before the submissions. */
  readonly before = new CatalogueModel();
  readonly servers: ServerProcess[] = [];
  readonly submissions: Submission[] = [];
  readonly updates = new Updates();
  /** The ids of undos that are to be undone, so that the files alone decide about the outcome. */
  readonly undos: string[] = [];
  /** What happened, for the report. */
  readonly notes: string[] = [];
  readonly monitor: InvariantMonitor;
  readonly #opened: AsyncDisposableStack;
  readonly #rows: number;
  readonly #sample: number;
  #editions = 0;

  private constructor(
    postgres: TorturePostgres | GivenCluster,
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
    this.monitor = opened.use(new InvariantMonitor(url));
  }

  /** Creates the database and starts the servers. */
  static async begin(
    postgres: TorturePostgres | GivenCluster,
    setup: RoundSetup,
    options: RoundOptions,
  ): Promise<Round> {
    await using opened = new AsyncDisposableStack();
    const database = await postgres.createDatabase();
    opened.defer(() => postgres.dropDatabase(database));
    const dataDir = join(postgres.folder, database);
    await mkdir(dataDir);
    opened.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
    const round = new Round(postgres, database, dataDir, options, opened.move());
    try {
      await round.#prepare(setup);
      return round;
    } catch (error) {
      await round[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** For faults that need it. */
  get embedded(): TorturePostgres {
    if (this.postgres instanceof TorturePostgres) return this.postgres;
    throw new Error('the fault needs the embedded Postgres');
  }

  /** For faults that need it. */
  get cluster(): GivenCluster {
    if (this.postgres instanceof GivenCluster) return this.postgres;
    throw new Error('the fault needs a cluster');
  }

  /** The first running server: faults hit it, and requests go to it. */
  get server(): ServerProcess {
    const server = this.servers.find(({ hasEnded }) => !hasEnded);
    if (!server) throw new Error('no server is running');
    return server;
  }

  /** The second running server on the same database and data folder, if any. */
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

  /** Runs `undo` after the round, before its folder is removed. */
  defer(undo: () => Promise<void>): void {
    this.#opened.defer(undo);
  }

  /** A new edition of the round's products, with some changes. */
  makeFile(furtherColumns?: readonly string[]): ProductFile {
    const rows = this.random.between(Math.ceil(this.#rows / 2), this.#rows);
    return makeFile(this.random, { rows, sample: this.#sample, edition: this.#editions++, furtherColumns });
  }

  submit(server: ServerProcess, file: ProductFile, options?: SubmissionOptions): Submission {
    const submission = new Submission(server.url, file, options);
    this.submissions.push(submission);
    this.#opened.defer(() => submission.abort());
    return submission;
  }

  /** Commits a previewed import whenever it is READY, until the round is over: a commit may be lost, or have to be repeated. */
  commitWhenReady({ id }: Submission): void {
    const over = new AbortController();
    const commit = async () => {
      while (!over.signal.aborted) {
        const [row] = await this.database.sql`SELECT status FROM imports WHERE id = ${id}`.catch(() => []);
        if (row?.['status'] === 'COMPLETED') return;
        if (row?.['status'] === 'READY') {
          const server = this.servers.find(({ hasEnded }) => !hasEnded);
          if (server) await query(server.url, COMMIT, { id }).catch(() => {});
        }
        await delay(COMMIT_EVERY_MS);
      }
    };
    const committing = commit();
    this.#opened.defer(async () => {
      over.abort();
      await committing;
    });
  }

  /** Begins to undo an import. @returns the id of the undo */
  async undo(id: string): Promise<string> {
    const { undoImport } = await ask<{ undoImport: { id: string } }>(this.server, UNDO, { id });
    this.undos.push(undoImport.id);
    return undoImport.id;
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** The import's row in the database, if it exists. */
  async importRow(id: string): Promise<ImportRow | undefined> {
    const read = () => this.database.sql<ImportRow[]>`
      SELECT id, status, owner, error_code AS "errorCode", waiting_for AS "waitingFor", bytes_received AS "bytesReceived",
        finished_at IS NOT NULL AS finished,
        json_build_object('read', rows_read, 'inserted', rows_inserted, 'updated', rows_updated,
          'unchanged', rows_unchanged, 'superseded', rows_superseded, 'rejected', rows_rejected) AS rows,
        (SELECT count(merged_at) FROM import_partitions WHERE import_id = imports.id) AS "mergedParts"
      FROM imports WHERE id = ${id}`;
    const [row] = await eventually('the import is read', read);
    return row;
  }

  /** @throws an error with the import's state and sessions, if it does not get there in time */
  async importReaches(id: string, condition: (row: ImportRow) => boolean, limit?: number): Promise<void> {
    let row: ImportRow | undefined;
    const check = async () => {
      row = await this.importRow(id);
      return row !== undefined && condition(row);
    };
    await waitUntil('the import continues', check, limit).catch(async (error: Error) => {
      const sessions = await this.#describeSessions();
      throw new Error(`${error.message} It is ${JSON.stringify(row)}. Sessions: ${sessions}`);
    });
  }

  /** The same for a submission. Throws at once if the upload is refused and has no import. */
  async reaches(
    { id, reply }: Submission,
    condition: (row: ImportRow) => boolean,
    limit?: number,
  ): Promise<void> {
    const refused = reply.then(async ({ code }) => {
      if (code && !(await this.importRow(id)))
        throw new Error(`the upload was refused without an import: ${code}`);
      return new Promise<never>(() => {});
    });
    await Promise.race([this.importReaches(id, condition, limit), refused]);
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

  async #prepare({ prepare, servers, catalogue = 'any' }: RoundSetup): Promise<void> {
    await prepare?.(this);
    const count = servers === 'one or two' ? this.random.between(1, 2) : servers;
    await Promise.all(Array.from({ length: count }, () => this.startServer()));
    this.note(count === 1 ? '1 server' : '2 servers');
    const isFilled = catalogue === 'any' ? this.random.chance(50) : catalogue === 'filled';
    if (isFilled) await this.#fill();
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

/** @throws an AssertionError if the response has errors */
export async function ask<Data>(
  { url }: ServerProcess,
  document: string,
  variables?: Record<string, unknown>,
): Promise<Data> {
  return expectNoErrors(await query<Data>(url, document, variables));
}
