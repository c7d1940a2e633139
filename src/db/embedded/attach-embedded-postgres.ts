// Access to the embedded Postgres for commands: to the running one if there is one, or else to one started for the time
// being.

import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import { readPassword } from './cluster.ts';
import { findOwner } from './data-dir-lock.ts';
import { findPostmaster } from './postmaster-pid-file.ts';
import { type EmbeddedPostgres, embeddedUrl, startEmbeddedPostgres } from './start-embedded-postgres.ts';

const POLL_MS = 100;
const READY_WITHIN_MS = 60_000;

/**
 * `close` stops Postgres only if it was started here.
 *
 * @param options.create creates the cluster if there is none
 * @throws SettingsError if there is no cluster, or its server does not become ready; the signal's reason
 */
export async function attachEmbeddedPostgres(
  options: { dataDir: string; log: Logger; create?: boolean },
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const clusterDir = await clusterIn(options.dataDir);
  if (!options.create) requireCluster(clusterDir, options.dataDir);
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await pause(POLL_MS)) {
    signal.throwIfAborted();
    const running = await findPostmaster(clusterDir);
    if (running?.status === 'ready') return await attach(clusterDir, running.port);
    // Wait for one that is starting or stopping, or whose server process has just started.
    if (running || (await findOwner(options.dataDir))) continue;
    try {
      return await startEmbeddedPostgres(options);
    } catch (error) {
      // If a server started at the same moment, use its Postgres.
      if (!(await findOwner(options.dataDir))) throw error;
    }
  }
  throw new SettingsError(
    `The embedded Postgres in ${options.dataDir} did not become ready. Try again when the server that uses it responds, or see postgres.log in that folder.`,
  );
}

async function clusterIn(dataDir: string): Promise<string> {
  return join(await realpath(dataDir).catch(() => dataDir), 'postgres');
}

function requireCluster(clusterDir: string, dataDir: string): void {
  if (existsSync(join(clusterDir, 'PG_VERSION'))) return;
  throw new SettingsError(
    `There is no embedded database in ${dataDir}, or you may not read it. Set DATA_DIR to your server's data folder, or DATABASE_URL to its database.`,
  );
}

async function attach(clusterDir: string, port: number): Promise<EmbeddedPostgres> {
  return { url: embeddedUrl(await readPassword(clusterDir), port), close: async () => {} };
}
