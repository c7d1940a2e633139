// The account that Postgres runs as: our own, or another one where we are root, which Postgres refuses.

import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SettingsError } from '../../errors.ts';
import type { Binaries } from './binaries.ts';

interface Ids {
  uid: number;
  gid: number;
}

/** How a program is started as that account: spawn's arguments. */
interface Command {
  file: string;
  args: string[];
  ids?: Ids;
}

const run = promisify(execFile);

/** All that Postgres gets of our environment: nothing, so that no PG* variable or odd locale can lead it astray. */
const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

/**
 * Lets Postgres, though not root, through folders that only root may enter: a clone below a 0700 folder. The secure bit
 * keeps the capability in access(2) too, by which initdb looks for its fellow programs.
 */
const capability = '+dac_override';
const secureBit = '+no_setuid_fixup';

export class Account {
  /** Who owns the cluster's files; undefined: whoever runs us. */
  readonly #ids: Ids | undefined;
  readonly #wrap: (file: string, args: string[]) => Command;

  constructor(ids: Ids | undefined, wrap: (file: string, args: string[]) => Command) {
    this.#ids = ids;
    this.#wrap = wrap;
  }

  /** Hands a file or folder of ours to the account. */
  async giveOwnership(path: string): Promise<void> {
    if (this.#ids) await chown(path, this.#ids.uid, this.#ids.gid);
  }

  /** Runs a program to its end and returns what it printed. */
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
 * Whoever runs us, unless that is root: then the owner of an existing cluster, or else the user `postgres`
 * or `nobody`.
 *
 * @throws SettingsError if that account cannot reach the binaries or the data folder
 */
export async function chooseAccount(
  clusterDir: string,
  binaries: Binaries,
  dataDir: string,
): Promise<Account> {
  const ourUid = process.geteuid?.();
  const owner = await ownerOf(clusterDir);
  if (ourUid !== 0) {
    if (owner && owner.uid !== ourUid) throw new SettingsError(belongsToAnother);
    return new Account(undefined, (file, args) => ({ file, args }));
  }
  const ids = owner && owner.uid !== 0 ? owner : await unprivilegedIds();
  const withCapability = new Account(ids, (file, args) => ({
    file: 'setpriv',
    args: [
      ...[`--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups'],
      ...[`--securebits=${secureBit}`, `--inh-caps=${capability}`, `--ambient-caps=${capability}`],
      ...['--', file, ...args],
    ],
  }));
  if (await canReach(withCapability, binaries, dataDir)) return withCapability;
  // setpriv comes with Linux alone, and containers may withhold this capability.
  const plain = new Account(ids, (file, args) => ({ file, args, ids }));
  if (await canReach(plain, binaries, dataDir)) return plain;
  throw new SettingsError(unreachable);
}

const belongsToAnother =
  'The embedded database in DATA_DIR belongs to another user. Start Loadstone as that user, set DATA_DIR to a folder of your own, or set DATABASE_URL.';

const unreachable =
  'Postgres does not run as root, and the unprivileged account it would run as cannot enter the folder of this project or DATA_DIR. Move them to where every user may enter, start Loadstone as an ordinary user, or set DATABASE_URL.';

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
    'Postgres does not run as root, and there is neither a user postgres nor a user nobody to run it as. Start Loadstone as an ordinary user, or set DATABASE_URL.',
  );
}

async function canReach(account: Account, binaries: Binaries, dataDir: string): Promise<boolean> {
  try {
    await account.run('/bin/sh', ['-c', 'test -x "$0" && test -x "$1"', binaries.postgres, dataDir]);
    return true;
  } catch {
    return false;
  }
}
