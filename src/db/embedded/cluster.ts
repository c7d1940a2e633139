// The cluster on disk: made once, complete or not at all.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** In the cluster's folder, readable by its owner alone. */
const PASSWORD_FILE = 'loadstone.password';

/**
 * Makes the cluster if there is none yet; checks that its version is ours if there is.
 * To be called by one process at a time.
 *
 * @throws SettingsError if the cluster is of another major version
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
  const ofCluster = (await readFile(join(options.clusterDir, 'PG_VERSION'), 'utf8')).trim();
  const printed = await options.account.run(options.binaries.postgres, ['--version']);
  const ofBinary = /(\d+)(\.|$)/.exec(printed.trim())?.[1];
  if (ofCluster !== ofBinary) {
    throw new SettingsError(
      `The embedded database in DATA_DIR was made by Postgres ${ofCluster}, and this Loadstone brings Postgres ${ofBinary}, which cannot read it. Start the Loadstone that made it, set DATA_DIR to a new folder and import again, or set DATABASE_URL.`,
    );
  }
}

/** In a folder beside the final place, moved there when complete: a kill half way leaves no broken cluster. */
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
    '--encoding=UTF8',
    // The same order and letter case on every machine.
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
