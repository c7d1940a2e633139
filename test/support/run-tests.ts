// Runs the test files named in the arguments, or all of them; other options go to Node's test runner.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Most tests wait more than they work; Node would run one file at a time on two cores. */
const FILES_AT_ONCE = 2;

const given = process.argv.slice(2);
const files = given.some((argument) => !argument.startsWith('-')) ? [] : ['test/**/*.test.ts'];
const globalSetup = join(import.meta.dirname, 'global-setup.ts');

const runner = spawn(
  process.execPath,
  [
    '--test',
    `--test-global-setup=${globalSetup}`,
    `--test-concurrency=${FILES_AT_ONCE}`,
    '--test-timeout=300000',
    ...given,
    ...files,
  ],
  { stdio: 'inherit' },
);
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A Ctrl-C reaches the runner by itself. It removes its Postgres and then, in places, ends as if all were well.
    if (signal === 'SIGTERM') runner.kill(signal);
    interrupted = true;
  });
}
runner.once('exit', (code) => {
  process.exitCode = interrupted ? 1 : (code ?? 1);
});
