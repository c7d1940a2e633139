// The Dockerfile, step by step where there is no container engine, the compose file and the systemd unit.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { createTestDatabase } from '../support/database/database.ts';
import { releaseAfter } from '../support/release.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

test('the steps of the Dockerfile yield a server that another user runs, with its files read-only', {
  skip: isRoot ? isClosed(resolve('.')) : 'another user can be had as root only',
}, async (t) => {
  const steps = (await readFile('Dockerfile', 'utf8'))
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => /^(\w+) (.*)$/.exec(line)?.slice(1) as [string, string]);
  const argumentsOf = (name: string) => steps.filter(([step]) => step === name).map(([, text]) => text);
  assert.deepEqual(argumentsOf('COPY'), ['. .', '--from=build /app /app']);
  assert.deepEqual(argumentsOf('USER'), ['node']);
  assert.deepEqual(argumentsOf('RUN'), ['npm ci --omit=dev', 'install -d -o node -g node -m 700 /data']);
  const folder = await createTemporaryFolder(t);
  await chmod(folder, 0o755);
  const parent = dirname(folder);
  if (((await stat(parent)).mode & 0o001) === 0) await chmod(parent, 0o711);
  const app = join(folder, 'app');
  const data = join(folder, 'data');
  const ignored = new Set((await readFile('.dockerignore', 'utf8')).trim().split('\n'));
  for (const secret of ['.env', '.data', '.git', 'node_modules']) assert.ok(ignored.has(secret), secret);
  const root = resolve('.');
  await cp(root, app, {
    recursive: true,
    filter: (path) =>
      resolve(path, '..') !== root || !(ignored.has(basename(path)) || /^\.env/.test(basename(path))),
  });
  // `npm ci` is what made these; it would take longer than all the rest.
  await symlink(join(root, 'node_modules'), join(app, 'node_modules'));
  await cp(join(root, 'dist'), join(app, 'dist'), { recursive: true });
  execFileSync('chmod', ['-R', 'a-w,a+rX', app]);
  await mkdir(data, { mode: 0o700 });
  execFileSync('chown', [String(NOBODY), data]);

  const database = await createTestDatabase(t);
  const environment = Object.fromEntries(
    (argumentsOf('ENV')[0] ?? '').split(' ').map((each) => each.split('=') as [string, string]),
  );
  assert.equal(environment['HOST'], '0.0.0.0');
  const env = {
    PATH: process.env['PATH'],
    ...environment,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: data,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'warn',
  };
  const options = { cwd: app, uid: NOBODY, gid: NOBODY } as const;
  const [command = '', ...parameters] = JSON.parse(argumentsOf('CMD')[0] ?? '') as string[];
  assert.equal(command, 'node');
  const server = spawn(process.execPath, parameters, {
    ...options,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  releaseAfter(t, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  let output = '';
  server.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const address = () => /http:\/\/[\d.]+:(\d+)/.exec(output);
  await waitUntil('the server answers', async () => {
    assert.equal(server.exitCode, null, output);
    return address() !== null;
  });
  const [url = '', port = ''] = address() ?? [];
  assert.match(await (await fetch(url)).text(), /<title>Loadstone/);
  const check = (argumentsOf('HEALTHCHECK')[0] ?? '').replace(/^.*? CMD /, '');
  const [, ...checking] = JSON.parse(check) as string[];
  const health = (at: string) =>
    once(spawn(process.execPath, checking, { ...options, env: { ...env, PORT: at } }), 'exit');
  assert.deepEqual(await health(port), [0, null]);
  assert.deepEqual(await health('1'), [1, null]);
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

test('systemd accepts the unit', { skip: isMissing('systemd-analyze') }, async (t) => {
  const folder = await createTemporaryFolder(t);
  const unit = (await readFile('deploy/loadstone.service', 'utf8'))
    .replaceAll('/opt/loadstone', resolve('.'))
    .replace('postgresql.service', '');
  const path = join(folder, 'loadstone.service');
  await writeFile(path, unit);
  // It complains of each directive that it does not know.
  const said = execFileSync('systemd-analyze', ['verify', '--man=no', path], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  assert.equal(said, '');
});

/** Why another user cannot enter the folder, if so. */
function isClosed(folder: string): string | false {
  if ((statSync(folder).mode & 0o001) === 0) return `only its owner may enter ${folder}`;
  return folder !== dirname(folder) && isClosed(dirname(folder));
}

function isMissing(command: string): string | false {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return `${command} is not installed`;
  }
}
