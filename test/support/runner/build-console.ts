// Builds the console if its build is missing or older than its source, so that the tests see the current source.

import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');

export async function buildConsole(): Promise<void> {
  const built = await changedAt(join(root, 'dist/console/index.html'));
  const sources = await readdir(join(root, 'src/console'), { recursive: true });
  const files = [...sources.map((name) => join('src/console', name)), 'vite.config.ts', 'package-lock.json'];
  const changes = await Promise.all(files.map((file) => changedAt(join(root, file))));
  if (Math.max(...changes) < built) return;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root });
}

async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
