// As root: Postgres runs as another user, as a plain one wherever that can reach its files.

import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { chooseAccount } from '../../../src/db/embedded/account.ts';
import { findBinaries } from '../../../src/db/embedded/binaries.ts';
import { RUN_FOLDER } from '../../support/database/template.ts';
import { releaseAfter } from '../../support/release.ts';

const NOT_ROOT = process.geteuid?.() === 0 ? false : 'needs root';

test('a plain account creates the cluster; it gets a capability only below a 0700 folder, which is logged', {
  skip: NOT_ROOT,
}, async (t) => {
  // Beside the folder of the run, which only its user may enter.
  const folder = await mkdtemp(join(dirname(tmpdir()), `${process.env[RUN_FOLDER]}-`));
  releaseAfter(t, () => rm(folder, { recursive: true, force: true }));
  const installed = await findBinaries();
  const native = dirname(dirname(installed.postgres));
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  const moved = (path: string) => join(folder, 'native', 'bin', basename(path));
  const binaries = { ...installed, initdb: moved(installed.initdb), postgres: moved(installed.postgres) };

  for (const [mode, capabilities, logged] of [
    [0o755, /^CapEff:\s*0+$/m, /^$/],
    [0o700, /^CapEff:\s*0+2$/m, /CAP_DAC_OVERRIDE/],
  ] as const) {
    await chmod(folder, mode);
    const data = join(folder, `data-${mode}`);
    await mkdir(data, { mode: 0o700 });
    const cluster = join(data, 'postgres');
    let log = '';
    const account = await chooseAccount(
      cluster,
      binaries,
      data,
      pino({}, { write: (line) => (log += line) }),
    );
    assert.match(await account.run('/bin/cat', ['/proc/self/status']), capabilities);
    assert.match(log, logged);
    assert.equal((await stat(data)).mode & 0o777, 0o710, 'the account may enter the folder, others may not');
    await mkdir(cluster, { mode: 0o700 });
    await account.giveOwnership(cluster);
    await account.run(binaries.initdb, [`--pgdata=${cluster}`, '--auth=trust', '--no-sync']);
  }
});
