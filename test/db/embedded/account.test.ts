// As root: Postgres runs as another user, below a folder that only root may enter.

import { chmod, cp, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { chooseAccount } from '../../../src/db/embedded/account.ts';
import { findBinaries } from '../../../src/db/embedded/binaries.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const NOT_ROOT = process.geteuid?.() === 0 ? false : 'needs root';

test('initdb creates a cluster even if project and data are below a 0700 folder', {
  skip: NOT_ROOT,
}, async (t) => {
  const folder = await createTemporaryFolder(t);
  await chmod(folder, 0o700);
  const installed = await findBinaries();
  const native = dirname(dirname(installed.postgres));
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  const moved = (path: string) => join(folder, 'native', 'bin', basename(path));
  const binaries = { ...installed, initdb: moved(installed.initdb), postgres: moved(installed.postgres) };
  const data = join(folder, 'data');
  await mkdir(data);
  const cluster = join(data, 'postgres');
  const account = await chooseAccount(cluster, binaries, data);
  await account.giveOwnership(data);
  await account.run(binaries.initdb, [`--pgdata=${cluster}`, '--auth=trust', '--no-sync']);
});
