// The embedded Postgres for someone who only looks: the one that runs, undisturbed; where none does, it is started
// for that time.

import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import { readPassword } from './cluster.ts';
import { findOwner } from './data-dir-lock.ts';
import { findPostmaster } from './postmaster.ts';
import { type EmbeddedPostgres, embeddedUrl, startEmbeddedPostgres } from './start-embedded-postgres.ts';

const POLL_MS = 100;
const READY_WITHIN_MS = 60_000;

/**
 * Its `close` stops only what was started here.
 *
 * @throws SettingsError if there is no cluster yet, or its server does not get ready; the signal's reason
 */
export async function attachEmbeddedPostgres(
  options: { dataDir: string; log: Logger },
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const clusterDir = await findCluster(options.dataDir);
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await pause(POLL_MS)) {
    signal.throwIfAborted();
    const running = await findPostmaster(clusterDir);
    if (running?.status === 'ready') return await reach(clusterDir, running.port);
    // One that is starting or stopping is waited for; so is one whose server process has only just begun.
    if (running || (await findOwner(options.dataDir))) continue;
    try {
      return await startEmbeddedPostgres(options);
    } catch (error) {
      // A server may have been started at the same moment: then its Postgres is the one to use.
      if (!(await findOwner(options.dataDir))) throw error;
    }
  }
  throw new SettingsError(
    `The embedded Postgres in ${options.dataDir} did not get ready. Try again when the server that uses it answers; postgres.log there has what Postgres says.`,
  );
}

async function findCluster(dataDir: string): Promise<string> {
  const clusterDir = join(await realpath(dataDir).catch(() => dataDir), 'postgres');
  if (existsSync(join(clusterDir, 'PG_VERSION'))) return clusterDir;
  throw new SettingsError(
    `There is no embedded database in ${dataDir}, or none that you may read. Set DATA_DIR to the folder of your server, or DATABASE_URL to the Postgres that it uses.`,
  );
}

async function reach(clusterDir: string, port: number): Promise<EmbeddedPostgres> {
  return { url: embeddedUrl(await readPassword(clusterDir), port), close: async () => {} };
}
