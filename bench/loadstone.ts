// Loadstone, end to end: from the first byte of the HTTP upload to COMPLETED, in a server process of its own.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type postgres from 'postgres';
import { importFile, openFile } from '../src/cli/client/import-file.ts';
import { type Ledger, LoadstoneClient } from '../src/cli/client/loadstone-client.ts';
import { openDatabase } from '../src/db/postgres/connection/database.ts';
import { checkCatalogue, type Expected } from './expected.ts';
import { type Latencies, probe } from './latency-probe.ts';
import { ServerProcess } from './server-process.ts';
import { type Parts, Stopwatch } from './stopwatch.ts';

export interface LoadstoneRun {
  first: Parts;
  /** The import of the same file again, into the resulting catalogue. */
  repeat?: Parts;
  /** Rows of the table products written by the repeat, according to the statistics of Postgres. */
  rowsWrittenByRepeat?: number;
  /** Peak memory of the server process over the whole run, in MB. */
  peakMemory: number | undefined;
  /** Latencies of queries during the imports. */
  latencies?: Latencies;
}

export interface LoadstoneOptions {
  repeat: boolean;
  /** Whether queries are sent during the import, which slows it down. */
  probed: boolean;
}

const STATISTICS_TIMEOUT_MS = 20_000;

export async function runLoadstone(
  databaseUrl: string,
  file: string,
  expected: Expected,
  { repeat, probed }: LoadstoneOptions,
): Promise<LoadstoneRun> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'loadstone-bench-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { sql, close } = openDatabase(databaseUrl, { max: 1 });
  stack.defer(close);
  const server = stack.use(await ServerProcess.start(databaseUrl, dataDir));
  const client = new LoadstoneClient(`${server.url}/graphql`);
  await sql.unsafe('CHECKPOINT');

  const latencies: Latencies = { product: [], productCounts: [] };
  const load = async (ledger: Ledger): Promise<Parts> => {
    const work = () => timeImport(client, file, ledger);
    if (!probed) return work();
    const [parts, measured] = await probe(`${server.url}/graphql`, work);
    latencies.product.push(...measured.product);
    latencies.productCounts.push(...measured.productCounts);
    return parts;
  };

  const run: LoadstoneRun = { first: await load(ledgerOf(expected, 'inserted')), peakMemory: undefined };
  await checkCatalogue(sql, expected);
  if (repeat) {
    await until(async () => (await rowsWritten(sql)) >= expected.products);
    const before = await rowsWritten(sql);
    await sql.unsafe('CHECKPOINT');
    run.repeat = await load(ledgerOf(expected, 'unchanged'));
    await checkCatalogue(sql, expected);
    run.peakMemory = await server.peakMemory();
    // Connections report their statistics to Postgres at the latest when they close.
    await server[Symbol.asyncDispose]();
    await until(() => isOnlyClient(sql));
    run.rowsWrittenByRepeat = (await rowsWritten(sql)) - before;
  } else {
    run.peakMemory = await server.peakMemory();
  }
  return probed ? { ...run, latencies } : run;
}

async function timeImport(client: LoadstoneClient, path: string, ledger: Ledger): Promise<Parts> {
  const file = await openFile(path);
  const watch = new Stopwatch();
  let merging = false;
  const { state } = await importFile(client, file, { id: randomUUID() }, ({ status }) => {
    if (status === 'MERGING' && !merging) {
      merging = true;
      watch.lap('load');
    }
  });
  watch.lap('merge');
  if (state.status !== 'COMPLETED' || !isDeepStrictEqual(state.rows, ledger)) {
    throw new Error(`the import did not end as expected: ${JSON.stringify({ state, ledger })}`);
  }
  return watch.parts();
}

function ledgerOf({ read, products }: Expected, outcome: 'inserted' | 'unchanged'): Ledger {
  const none = { inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  return { ...none, read, [outcome]: products, superseded: read - products };
}

/** @returns rows of the table products inserted or updated, according to the statistics of Postgres, which lag behind */
async function rowsWritten(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ rows: number }[]>`
    SELECT n_tup_ins + n_tup_upd AS rows FROM pg_stat_user_tables WHERE relname = 'products'`;
  return row?.rows ?? 0;
}

async function isOnlyClient(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<{ others: number }[]>`
    SELECT count(*) AS others FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  return row?.others === 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + STATISTICS_TIMEOUT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the statistics of Postgres were not updated in time');
    await pause(100);
  }
}
