// The database cluster on disk. Created once; a crash leaves a complete cluster or none.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** In the cluster's folder, readable only by its owner. */
const PASSWORD_FILE = 'loadstone.password';

/**
 * Creates the cluster if there is none, or checks its version. Only one process may call it at a time.
 *
 * @throws SettingsError if the cluster has another major version
 */
export async function prepareCluster(options: {
  clusterDir: string;
  binaries: Binaries;
  account: Account;
  log: Logger;
}): Promise<{ password: string }> {
  const { clusterDir } = options;
  if (existsSync(join(clusterDir, 'PG_VERSION'))) await requireSameVersion(options);
  else await createCluster(options);
  return { password: await readPassword(clusterDir) };
}

export async function readPassword(clusterDir: string): Promise<string> {
  return readFile(join(clusterDir, PASSWORD_FILE), 'utf8');
}

async function requireSameVersion(options: {
  clusterDir: string;
  binaries: Binaries;
  account: Account;
}): Promise<void> {
  const clusterVersion = (await readFile(join(options.clusterDir, 'PG_VERSION'), 'utf8')).trim();
  const printed = await options.account.run(options.binaries.postgres, ['--version']);
  const binaryVersion = /(\d+)(\.|$)/.exec(printed.trim())?.[1];
  if (clusterVersion !== binaryVersion) {
    throw new SettingsError(
      `The embedded database in DATA_DIR was created by Postgres ${clusterVersion}. This version of Loadstone includes Postgres ${binaryVersion}, which cannot read it. Start the version of Loadstone that created it, set DATA_DIR to a new folder and import again, or set DATABASE_URL.`,
    );
  }
}

/** In a temporary folder, renamed when complete, so that a crash never leaves a broken cluster. */
async function createCluster(options: {
  clusterDir: string;
  binaries: Binaries;
  account: Account;
  log: Logger;
}): Promise<void> {
  const { clusterDir, binaries, account, log } = options;
  log.info('creating the embedded database');
  await removeUnfinished(clusterDir);
  const unfinished = `${clusterDir}.new`;
  const passwordFile = `${unfinished}.password`;
  await mkdir(unfinished, { mode: 0o700 });
  await account.giveOwnership(unfinished);
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  await account.giveOwnership(passwordFile);
  await account.run(binaries.initdb, [
    `--pgdata=${unfinished}`,
    '--username=loadstone',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    // Nobody guesses 24 random bytes, however fast they can be tried; and each connection computes the hash.
    '--set=scram_iterations=1',
    '--encoding=UTF8',
    // The same sort order and letter case on every machine.
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    '--no-sync',
    '--no-instructions',
  ]);
  await rename(passwordFile, join(unfinished, PASSWORD_FILE));
  await rename(unfinished, clusterDir);
}

async function removeUnfinished(clusterDir: string): Promise<void> {
  const parent = dirname(clusterDir);
  for (const entry of await readdir(parent)) {
    if (entry.startsWith(`${basename(clusterDir)}.new`)) await rm(join(parent, entry), { recursive: true });
  }
}
