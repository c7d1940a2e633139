// The OS account that Postgres runs as: our own, or an unprivileged one if we are root, as Postgres refuses to run as root.

import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { SettingsError } from '../../errors.ts';
import type { Binaries } from './binaries.ts';

interface Ids {
  uid: number;
  gid: number;
}

/** Arguments for spawn that run a program as the account. */
interface Command {
  file: string;
  args: string[];
  ids?: Ids;
}

const run = promisify(execFile);

/** Postgres inherits nothing of our environment, so that no PG* variable or locale affects it. */
const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

/**
 * Lets unprivileged Postgres access folders that only root may enter, such as a clone below a 0700 folder. The secure bit
 * keeps the capability effective in access(2), which initdb uses to find other programs.
 */
const capability = '+dac_override';
const secureBit = '+no_setuid_fixup';

export class Account {
  /** Undefined: the account that runs us. */
  readonly #ids: Ids | undefined;
  readonly #wrap: (file: string, args: string[]) => Command;

  constructor(ids: Ids | undefined, wrap: (file: string, args: string[]) => Command) {
    this.#ids = ids;
    this.#wrap = wrap;
  }

  /** Lets the account enter a folder of ours, without listing it. */
  async letEnter(folder: string): Promise<void> {
    const { uid, mode } = await stat(folder);
    const mayEnter = uid === this.#ids?.uid || (mode & 0o001) !== 0;
    if (!this.#ids || mayEnter) return;
    await chown(folder, uid, this.#ids.gid);
    await chmod(folder, 0o710);
  }

  /** Makes the account the owner of a file or folder. */
  async giveOwnership(path: string): Promise<void> {
    if (this.#ids) await chown(path, this.#ids.uid, this.#ids.gid);
  }

  /** @returns what the program printed to its standard output */
  async run(file: string, args: string[]): Promise<string> {
    const command = this.#wrap(file, args);
    const { stdout } = await run(command.file, command.args, { env: environment, ...command.ids });
    return stdout;
  }

  spawn(file: string, args: string[], options: SpawnOptions): ChildProcess {
    const command = this.#wrap(file, args);
    return spawn(command.file, command.args, { ...options, env: environment, ...command.ids });
  }
}

/**
 * The account that runs us, unless that is root: then the owner of the existing cluster, or else `postgres` or `nobody`. Only
 * if it cannot reach its files does it get a capability, which is logged.
 *
 * @throws SettingsError if that account cannot access the binaries or the data folder
 */
export async function chooseAccount(
  clusterDir: string,
  binaries: Binaries,
  dataDir: string,
  log: Logger,
): Promise<Account> {
  const ourUid = process.geteuid?.();
  const owner = await ownerOf(clusterDir);
  if (ourUid !== 0) {
    if (owner && owner.uid !== ourUid) throw new SettingsError(belongsToAnother);
    return new Account(undefined, (file, args) => ({ file, args }));
  }
  const ids = owner && owner.uid !== 0 ? owner : await unprivilegedIds();
  const plain = new Account(ids, (file, args) => ({ file, args, ids }));
  // A container may lack the right to.
  await plain.letEnter(dataDir).catch(() => {});
  if (await canAccess(plain, binaries, dataDir)) return plain;
  const withCapability = new Account(ids, (file, args) => ({
    file: 'setpriv',
    args: [
      ...[`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups'],
      ...[`--securebits=${secureBit}`, `--inh-caps=${capability}`, `--ambient-caps=${capability}`],
      ...['--', file, ...args],
    ],
  }));
  // setpriv exists only on Linux, and containers may lack this capability.
  if (await canAccess(withCapability, binaries, dataDir)) {
    log.warn(
      { uid: ids.uid, capability: 'CAP_DAC_OVERRIDE' },
      'Postgres gets a capability: its account may not enter the folder of this project or DATA_DIR. Move them to where all users have access, or start Loadstone as an ordinary user.',
    );
    return withCapability;
  }
  throw new SettingsError(noAccess);
}

const belongsToAnother =
  'The embedded database in DATA_DIR belongs to another user. Start Loadstone as that user, set DATA_DIR to a folder of your own, or set DATABASE_URL.';

const noAccess =
  'Postgres does not run as root, and the unprivileged account that it would run as cannot access the folder of this project or DATA_DIR. Move them to where all users have access, start Loadstone as an ordinary user, or set DATABASE_URL.';

async function ownerOf(path: string): Promise<Ids | undefined> {
  return await stat(path).catch(() => undefined);
}

async function unprivilegedIds(): Promise<Ids> {
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {}
  }
  throw new SettingsError(
    'Postgres does not run as root, and neither the user postgres nor the user nobody exists. Start Loadstone as an ordinary user, or set DATABASE_URL.',
  );
}

async function canAccess(account: Account, binaries: Binaries, dataDir: string): Promise<boolean> {
  try {
    await account.run('/bin/sh', ['-c', 'test -x "$0" && test -x "$1"', binaries.postgres, dataDir]);
    return true;
  } catch {
    return false;
  }
}
