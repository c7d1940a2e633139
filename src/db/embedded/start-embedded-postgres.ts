// The Postgres that Loadstone brings along: a real server, its cluster in <dataDir>/postgres.
//
// It outlives a killed Loadstone, and the next one takes it over.

import { access, constants, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import { openDatabase } from '../postgres/connection/database.ts';
import { chooseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { prepareCluster } from './cluster.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { Postmaster } from './postmaster.ts';
import { measureMachine, tuning } from './tuning.ts';

export interface EmbeddedPostgres {
  /** The address of the database, password included: not for logs. */
  url: string;
  /** Stops Postgres in order, and waits until it is gone. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts the embedded Postgres, or takes over the one that a killed process left running; makes the cluster
 * if there is none. If Postgres dies later, it is started again at the same address.
 *
 * @param options.settings server settings on top of `tuning.ts`
 * @throws SettingsError if it cannot run here: the folder is in use or not reachable, the cluster is of
 *   another major version, or there are no binaries for this machine
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: Logger;
  settings?: Record<string, string>;
}): Promise<EmbeddedPostgres> {
  const { log } = options;
  await using started = new AsyncDisposableStack();

  const dataDir = await makeFolder(options.dataDir);
  const lock = await lockDataDir(dataDir);
  started.defer(() => lock.release());

  const clusterDir = join(dataDir, 'postgres');
  const binaries = await findBinaries();
  const account = await chooseAccount(clusterDir, binaries, dataDir);
  const { password } = await prepareCluster({ clusterDir, binaries, account, log });
  const postmaster = new Postmaster({
    clusterDir,
    logFile: join(dataDir, 'postgres.log'),
    binary: binaries.postgres,
    settings: { ...tuning(await measureMachine(dataDir)), ...options.settings },
    account,
    log,
  });
  started.defer(() => postmaster.stop());
  const port = await postmaster.start();

  await createDatabase(embeddedUrl(password, port, 'postgres'));

  const running = started.move();
  return { url: embeddedUrl(password, port), close: () => running.disposeAsync() };
}

export function embeddedUrl(password: string, port: number, database = 'loadstone'): string {
  return `postgres://loadstone:${password}@127.0.0.1:${port}/${database}`;
}

async function makeFolder(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    return await realpath(dataDir);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(
      `The data folder cannot be used: ${reason}. Set DATA_DIR to a folder you may write.`,
      { cause },
    );
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const { sql, close } = openDatabase(adminUrl, { max: 1 });
  try {
    const [existing] = await sql`select from pg_database where datname = 'loadstone'`;
    if (!existing) await sql`create database loadstone`;
  } finally {
    await close();
  }
}
