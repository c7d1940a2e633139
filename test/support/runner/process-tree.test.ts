// An interrupted test run leaves no process behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { releaseAfter } from '../release.ts';
import { waitUntil } from '../wait-until.ts';

const MODULE = pathToFileURL(join(import.meta.dirname, 'process-tree.ts')).href;

/** Runs a command that starts another process, which ignores SIGTERM, and prints the ids of both. */
const SCRIPT = `
  import { ProcessTree } from '${MODULE}';
  const command = 'trap "" TERM; sleep 600 & echo $! $$; trap - TERM; wait';
  process.exitCode = await new ProcessTree('sh', ['-c', command], process.env).exited('no folder');`;

const INTERRUPTIONS: [what: string, interrupt: (runner: number, parent: ChildProcess) => void][] = [
  ['a SIGTERM', (runner) => process.kill(runner, 'SIGTERM')],
  ['a SIGINT', (runner) => process.kill(runner, 'SIGINT')],
  ['the end of its parent', (_, parent) => parent.kill('SIGKILL')],
];

for (const [what, interrupt] of INTERRUPTIONS) {
  test(`all processes of a command end after ${what}`, async (t) => {
    const parent = spawn('sh', [
      '-c',
      '"$0" --input-type=module -e "$1" & echo $!; wait',
      process.execPath,
      SCRIPT,
    ]);
    let output = '';
    parent.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ids = () => [...output.matchAll(/\d+(?=\s)/g)].map(Number);
    releaseAfter(t, () =>
      ids()
        .filter(isRunning)
        .map((pid) => process.kill(pid, 'SIGKILL')),
    );
    await waitUntil('all of them run', () => ids().length === 3);
    const [runner = 0] = ids();
    const exit = once(parent, 'exit');
    interrupt(runner, parent);
    await waitUntil('all of them have ended', () => !ids().some(isRunning));
    await exit;
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
