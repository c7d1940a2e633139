// The embedded Postgres: a regular server from the npm package, with its cluster in <dataDir>/postgres.
//
// It keeps running when Loadstone is killed; the next Loadstone takes it over.

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
import { makePrivate } from './private-folder.ts';
import { measureMachine, tuning } from './tuning.ts';

interface Options {
  dataDir: string;
  log: Logger;
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  /** Connection URL with its password: never log it. */
  url: string;
  /** Shuts Postgres down and waits until it has exited. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the embedded Postgres, or takes over the one that a killed process left running. Creates the cluster if there is
 * none. If Postgres dies later, it is restarted on the same port.
 *
 * @param options.settings server settings that override `tuning.ts`
 * @throws SettingsError if the folder is in use or not accessible, the cluster has another major version, or there are no
 *   binaries for this platform
 */
export async function startEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    throw isDiskFull(error) ? new SettingsError(diskFull(options.dataDir), { cause: error }) : error;
  }
}

async function start(options: Options): Promise<EmbeddedPostgres> {
  const { log } = options;
  await using resources = new AsyncDisposableStack();

  const dataDir = await createFolder(options.dataDir);
  const lock = await lockDataDir(dataDir);
  resources.defer(() => lock.release());

  const clusterDir = join(dataDir, 'postgres');
  const binaries = await findBinaries();
  await makePrivate(dataDir, log);
  const account = await chooseAccount(clusterDir, binaries, dataDir, log);
  const { password } = await prepareCluster({ clusterDir, binaries, account, log });
  const postmaster = new Postmaster({
    clusterDir,
    logFile: join(dataDir, 'postgres.log'),
    binary: binaries.postgres,
    settings: { ...tuning(await measureMachine(dataDir)), ...options.settings },
    account,
    log,
  });
  resources.defer(() => postmaster.stop());
  const port = await postmaster.start();

  await createDatabase(embeddedUrl(password, port, 'postgres'));

  const running = resources.move();
  return { url: embeddedUrl(password, port), close: () => running.disposeAsync() };
}

export function embeddedUrl(password: string, port: number, database = 'loadstone'): string {
  return `postgres://loadstone:${password}@127.0.0.1:${port}/${database}`;
}

/** Node's own errors have a code; those of Postgres's programs have only what they printed. */
function isDiskFull(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device|Disk quota exceeded/i.test(message)
  );
}

function diskFull(dataDir: string): string {
  return `The disk of the data folder ${dataDir} is full. The embedded database needs about 100 MB to begin with, and then about twice the size of the products. Free some space, or set DATA_DIR to a larger disk.`;
}

async function createFolder(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    return await realpath(dataDir);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(`The data folder cannot be used: ${reason}. Set DATA_DIR to a writable folder.`, {
      cause,
    });
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const { sql, close } = openDatabase(adminUrl, { max: 1 });
  try {
    const [existing] = await sql`SELECT FROM pg_database WHERE datname = 'loadstone'`;
    if (!existing) await sql`CREATE DATABASE loadstone`;
  } finally {
    await close();
  }
}
