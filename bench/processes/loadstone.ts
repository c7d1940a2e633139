// Loadstone, end to end: imports from the first byte of the HTTP upload to COMPLETED, in a server process of its own.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type postgres from 'postgres';
import { newToken } from '../../src/access/access-token.ts';
import { followImport, importFile, openFile } from '../../src/cli/client/import-file.ts';
import { type ImportState, type Ledger, LoadstoneClient } from '../../src/cli/client/loadstone-client.ts';
import { AccessTokenStore } from '../../src/db/access/access-token-store.ts';
import { type Database, openDatabase } from '../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../src/db/postgres/startup/migrate.ts';
import { type Parts, Stopwatch } from '../report/stopwatch.ts';
import { ServerProcess } from './server-process.ts';

export interface ImportTimes {
  parts: Parts;
  /** Seconds from the answer to the upload to COMPLETED. */
  sinceAnswer: number;
  /** When the import was in the state MERGING, in milliseconds since 1970. */
  merging: { from: number; to: number };
}

/** For building indexes in the background. */
const INDEXING_TIMEOUT_MS = 600_000;

/** Notes when an upload was answered. */
class TimedClient extends LoadstoneClient {
  answeredAt = Number.NaN;

  override async upload(...args: Parameters<LoadstoneClient['upload']>): Promise<ImportState> {
    const state = await super.upload(...args);
    this.answeredAt = performance.now();
    return state;
  }
}

export class Loadstone implements AsyncDisposable {
  /** A connection to its database. */
  readonly sql: postgres.Sql;
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** Undefined if access is open. */
  readonly token: string | undefined;
  readonly #server: ServerProcess;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    sql: postgres.Sql,
    server: ServerProcess,
    token: string | undefined,
    resources: AsyncDisposableStack,
  ) {
    this.sql = sql;
    this.url = `${server.url}/graphql`;
    this.token = token;
    this.#server = server;
    this.#resources = resources;
  }

  /** @param access with `required`, a token is made, which all that this does sends */
  static async start(databaseUrl: string, access: 'open' | 'required' = 'open'): Promise<Loadstone> {
    await using stack = new AsyncDisposableStack();
    const dataDir = await mkdtemp(join(tmpdir(), 'loadstone-bench-'));
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    const database = openDatabase(databaseUrl, { max: 1, applicationName: 'bench' });
    stack.defer(database.close);
    const token = access === 'required' ? await makeToken(database) : undefined;
    const settings = token === undefined ? {} : { ACCESS: 'required' };
    const server = stack.use(await ServerProcess.start({ databaseUrl, dataDir, settings }));
    return new Loadstone(database.sql, server, token, stack.move());
  }

  /** @throws Error unless the import completes with this ledger, or part of one */
  async import(path: string, ledger: Partial<Ledger>, id: string = randomUUID()): Promise<ImportTimes> {
    const file = await openFile(path);
    const client = new TimedClient(this.url, this.token);
    const watch = new Stopwatch();
    let from: number | undefined;
    const { state } = await importFile(client, file, { id }, ({ status }) => {
      if (status === 'MERGING' && from === undefined) {
        from = epochNow();
        watch.lap('load');
      }
    });
    watch.lap('merge');
    const to = epochNow();
    if (state.status !== 'COMPLETED' || !isPartOf(state.rows, ledger)) {
      throw new Error(`the import did not end as expected: ${JSON.stringify({ state, ledger })}`);
    }
    return {
      parts: watch.parts(),
      sinceAnswer: (performance.now() - client.answeredAt) / 1000,
      merging: { from: from ?? to, to },
    };
  }

  /**
   * Previews a file, and discards it.
   *
   * @returns the time from the first byte to READY
   * @throws Error unless the preview has these numbers of rows
   */
  async preview(path: string, rows: Partial<Ledger>): Promise<Parts> {
    const file = await openFile(path);
    const client = new LoadstoneClient(this.url, this.token);
    const id = randomUUID();
    const watch = new Stopwatch();
    const { state } = await importFile(client, file, { id, preview: true }, () => {});
    watch.lap('preview');
    const [stored] = await this.sql<{ rows: Ledger }[]>`
      SELECT preview->'rows' AS rows FROM import_previews WHERE import_id = ${id}`;
    if (state.status !== 'READY' || !stored || !isPartOf(stored.rows, rows)) {
      throw new Error(`the preview is not as expected: ${JSON.stringify({ state, stored, rows })}`);
    }
    await client.cancel(id);
    return watch.parts();
  }

  /**
   * Undoes an import whose products are as it left them.
   *
   * @throws Error unless none is kept, and none is left
   */
  async undo(imported: string): Promise<Parts> {
    const client = new LoadstoneClient(this.url, this.token);
    const watch = new Stopwatch();
    const { id } = await client.undo(imported);
    const state = await followImport(client, id, () => {}, new AbortController().signal);
    watch.lap('undo');
    const [left] = await this.sql<{ kept: number; products: number }[]>`
      SELECT rows_kept AS kept, (SELECT count(*) FROM products) AS products FROM imports WHERE id = ${id}`;
    if (state.status !== 'COMPLETED' || left?.kept !== 0 || left.products !== 0) {
      throw new Error(`the undo did not end as expected: ${JSON.stringify({ state, left })}`);
    }
    return watch.parts();
  }

  /** @returns the server's peak resident memory so far in MB; undefined without /proc */
  async peakMemory(): Promise<number | undefined> {
    return this.#server.peakMemory();
  }

  /** Waits until the server has built the indexes that imports leave to the background. */
  async untilIndexed(): Promise<void> {
    const deadline = performance.now() + INDEXING_TIMEOUT_MS;
    for (;;) {
      const [row] = await this.sql<{ indexed: boolean }[]>`
        SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('products_name') AND indisvalid)
          AND NOT EXISTS (SELECT FROM product_names_unindexed) AS indexed`;
      if (row?.indexed) return;
      if (performance.now() > deadline) throw new Error('the server did not build its indexes in time');
      await pause(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** @returns its text. Of a database without tables, which it migrates */
async function makeToken(database: Database): Promise<string> {
  await migrateDatabase(database.url);
  const { text, id, hash } = newToken();
  await new AccessTokenStore(database).add({ id, hash, name: 'bench', role: 'writer', expiresAt: null });
  return text;
}

function isPartOf(ledger: Ledger, part: Partial<Ledger>): boolean {
  return Object.entries(part).every(([outcome, rows]) => ledger[outcome as keyof Ledger] === rows);
}

/** Comparable between processes. */
function epochNow(): number {
  return performance.timeOrigin + performance.now();
}
