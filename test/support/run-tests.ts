// `npm test`: runs the test files named in the arguments, or all of them.
//
//   --unit          only the unit tests (*.unit.test.ts), which need neither Postgres nor a browser
//   --postgres URL  uses this Postgres instead of starting the embedded one; its user may create databases
//
// Other options go to Node's test runner.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GIVEN_POSTGRES } from './template.ts';

/** With more files than this, some limits on durations are exceeded at times. */
const FILES_PER_CORE = 1;
const root = join(import.meta.dirname, '../..');

const preload = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;

const { unit, postgres, rest } = readArguments(process.argv.slice(2));
if (postgres === '') throw new Error('--postgres needs a URL');
const pattern = unit ? 'test/**/*.unit.test.ts' : 'test/**/*.test.ts';
const isCoverage = rest.includes('--experimental-test-coverage');

const options = [
  '--test',
  `--test-concurrency=${Math.ceil(availableParallelism() * FILES_PER_CORE)}`,
  '--test-timeout=300000',
  ...(unit ? [] : [`--test-global-setup=${join(import.meta.dirname, 'global-setup.ts')}`]),
  ...(rest.some((argument) => argument.startsWith('--test-reporter'))
    ? []
    : [
        `--test-reporter=${join(import.meta.dirname, 'slowest-reporter.ts')}`,
        '--test-reporter-destination=stdout',
      ]),
  ...rest,
  ...(rest.some((argument) => !argument.startsWith('-')) ? [] : [pattern]),
];
const runner = spawn(process.execPath, options, {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(postgres && { [GIVEN_POSTGRES]: postgres }),
    // Test files, server processes and lanes load the same modules repeatedly: half the time of a small test.
    // Coverage is less exact for functions from V8's compile cache.
    ...(!isCoverage && { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/loadstone/compiled') }),
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${preload}`,
  },
});
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The runner receives a Ctrl-C itself. It removes its Postgres, and in some cases exits with 0.
    if (signal === 'SIGTERM') runner.kill(signal);
    interrupted = true;
  });
}
runner.once('exit', (code) => {
  process.exitCode = interrupted ? 1 : (code ?? 1);
});

function readArguments(given: string[]): { unit: boolean; postgres: string | undefined; rest: string[] } {
  const rest: string[] = [];
  let unit = false;
  let postgres: string | undefined;
  for (let at = 0; at < given.length; at++) {
    const argument = given[at] ?? '';
    const [name, value] = argument.split(/=(.*)/s);
    if (argument === '--unit') unit = true;
    else if (name === '--postgres') postgres = value ?? given[++at] ?? '';
    else rest.push(argument);
  }
  return { unit, postgres, rest };
}
