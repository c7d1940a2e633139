// Where Loadstone cannot run, it says in one line what to do.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createTemporaryFolder } from './support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..');

/** As after a clone; with the packages only if `graphql` is there. */
async function cloned(t: TestContext, isInstalled: boolean): Promise<string> {
  const folder = await createTemporaryFolder(t);
  for (const name of ['scripts', 'src']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  if (isInstalled) mkdirSync(join(folder, 'node_modules/graphql'), { recursive: true });
  return folder;
}

for (const preload of ['scripts/load-env.js', 'src/guard.js']) {
  test(`without packages, ${preload} says what to run`, async (t) => {
    const cwd = await cloned(t, false);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `./${preload}`, 'src/main.ts'],
      { cwd, encoding: 'utf8' },
    );
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(stderr, 'The packages are not installed. Run `npm ci` first; it also installs Node 24.\n');
  });
}

test('without packages, the server says so also if it is started without npm', async (t) => {
  const cwd = await cloned(t, false);
  const { status, stderr } = spawnSync(process.execPath, ['src/main.ts'], { cwd, encoding: 'utf8', env: {} });
  assert.equal(status, 1);
  assert.equal(stderr, 'The packages are not installed. Run `npm ci` first; it also installs Node 24.\n');
});

/** The Node of the machine, not of the project; it may be too new to show anything. */
const other = spawnSync('/usr/bin/env', ['-i', '/bin/sh', '-lc', 'command -v node'], {
  encoding: 'utf8',
}).stdout.trim();
const version = other && spawnSync(other, ['--version'], { encoding: 'utf8' }).stdout.trim();
const isOld = /^v(1[89]|2[0-3])\./.test(version);

test('an older Node is told', { skip: isOld ? false : 'this machine has no older Node' }, async (t) => {
  for (const isInstalled of [true, false]) {
    const cwd = await cloned(t, isInstalled);
    const { status, stderr } = spawnSync(other, ['--import', './scripts/load-env.js', 'src/main.ts'], {
      cwd,
      encoding: 'utf8',
      // Without the options of Node that the tests run with.
      env: {},
    });
    assert.equal(status, 1);
    assert.match(
      stderr,
      isInstalled ? /^Loadstone needs Node 24, and this is v\d+\.\S+ .*\n$/ : /^The packages are .*\n$/,
    );
  }
});

test('every command of the project says it', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const unguarded = Object.entries(scripts)
    .filter(([, command]) => /^node (?!--import \.\/(src\/guard|scripts\/load-env)\.js )/.test(command))
    .map(([name]) => name);
  // Parts of `npm run check`, which begins with the guard.
  assert.deepEqual(
    unguarded.filter((name) => !name.startsWith('check')),
    [],
  );
  assert.match(scripts['check'] ?? '', /^node src\/guard\.js && /);
});
