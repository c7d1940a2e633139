// `npm run dev`: the server, restarted when its source changes, and the console's dev server in front of it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';

/** Folders of src that the server does not load. */
const NOT_SERVER = ['cli', 'console', 'source-server'];

// By path: `--watch` alone follows the imports of the main thread, and so misses the modules of worker threads.
const watched = readdirSync('src').filter((name) => !NOT_SERVER.includes(name));
const watchPaths = watched.map((name) => `--watch-path=src/${name}`);
const children = [
  start('node', [...watchPaths, '--watch-preserve-output', 'src/main.ts']),
  start('vite', []),
];
const exits = children.map((child) => once(child, 'exit'));

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
await Promise.race(exits);
stop();
await Promise.all(exits);

/**
 * In a process group of its own, so that Ctrl-C in a terminal does not reach it: the server would get the signal from
 * the terminal and from `node --watch`, and the second one cuts its shutdown short.
 */
function start(command: string, parameters: string[]): ChildProcess {
  return spawn(command, parameters, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
}

/** Further signals change nothing: the server shuts down within ten seconds. */
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  for (const child of children) child.kill('SIGTERM');
}
