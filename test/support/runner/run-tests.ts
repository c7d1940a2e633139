// `npm test`: runs the test files named in the arguments, or all of them.
//
//   --unit          only the unit tests (*.unit.test.ts), which need neither Postgres nor a browser
//   --postgres URL  uses this Postgres instead of starting the embedded one; its user may create databases
//   --workers URL,URL  the other nodes of a Citus cluster, whose coordinator that Postgres is
//
// Other options go to Node's test runner.

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AS_SERVING_ROLE } from '../database/serving-role.ts';
import { GIVEN_POSTGRES, GIVEN_WORKERS, RUN_FOLDER, TEST_SECONDS } from '../database/template.ts';
import { ProcessTree } from './process-tree.ts';
import { bundleTests } from './test-bundles.ts';

/** More than one, because some tests mostly wait. */
const PROCESSES_PER_CORE = 2;
/** Unit tests wait more than they compute. */
const UNIT_PROCESSES_PER_CORE = 3;
/** Many, so that the last ones end at about the same time. */
const BUNDLES_PER_CORE = 8;
/** Of a test, and of all tests of a process. */
const TIMEOUT_MS = 600_000;

const root = join(import.meta.dirname, '../../..');
const cache = join(root, 'node_modules/.cache/loadstone');
const secondsFile = join(cache, 'test-seconds.json');
/** The names of the run's folders begin with it. */
const runFolder = `loadstone-tests-${randomBytes(4).toString('hex')}`;
const bundleFolder = join(cache, runFolder);
const preload = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;

const { unit, postgres, workers, servingRole, rest } = readArguments(process.argv.slice(2));
if (postgres === '') throw new Error('--postgres needs a URL');
if (workers !== undefined && !postgres)
  throw new Error('--workers needs --postgres, the URL of the coordinator');
const isCoverage = rest.includes('--experimental-test-coverage');
const isWhole = rest.every((argument) => argument.startsWith('-'));
const processes = Math.ceil(availableParallelism() * (unit ? UNIT_PROCESSES_PER_CORE : PROCESSES_PER_CORE));

async function bundles(): Promise<string[]> {
  const pattern = unit ? 'test/**/*.unit.test.ts' : 'test/**/*.test.ts';
  const count = unit ? processes : availableParallelism() * BUNDLES_PER_CORE;
  return bundleTests(join(root, pattern), count, { folder: bundleFolder, secondsFile });
}

const options = [
  '--test',
  `--test-concurrency=${processes}`,
  `--test-timeout=${TIMEOUT_MS}`,
  ...(unit ? [] : [`--test-global-setup=${join(import.meta.dirname, 'global-setup.ts')}`]),
  ...(rest.some((argument) => argument.startsWith('--test-reporter'))
    ? []
    : [
        `--test-reporter=${join(import.meta.dirname, 'slowest-reporter.ts')}`,
        '--test-reporter-destination=stdout',
      ]),
  ...rest,
  ...(isWhole ? await bundles() : []),
];
const tests = new ProcessTree(process.execPath, options, {
  ...process.env,
  [RUN_FOLDER]: runFolder,
  ...(isWhole && { [TEST_SECONDS]: secondsFile }),
  // Servers that tests start in processes of their own have the setting from here.
  ...(servingRole && { [AS_SERVING_ROLE]: 'true', MIGRATE: 'never' }),
  ...(postgres && { [GIVEN_POSTGRES]: postgres }),
  ...(workers && { [GIVEN_WORKERS]: workers }),
  // Test files, server processes and lanes load the same modules repeatedly: half the time of a small test.
  // Coverage is less exact for functions from V8's compile cache.
  ...(!isCoverage && { NODE_COMPILE_CACHE: join(cache, 'compiled') }),
  NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${preload}`,
});
process.exitCode = await tests.exited(runFolder);
await rm(bundleFolder, { recursive: true, force: true });

function readArguments(given: string[]): {
  unit: boolean;
  postgres: string | undefined;
  workers: string | undefined;
  servingRole: boolean;
  rest: string[];
} {
  const rest: string[] = [];
  let unit = false;
  let servingRole = false;
  let postgres: string | undefined;
  let workers: string | undefined;
  for (let at = 0; at < given.length; at++) {
    const argument = given[at] ?? '';
    const [name, value] = argument.split(/=(.*)/s);
    if (argument === '--unit') unit = true;
    else if (argument === '--serving-role') servingRole = true;
    else if (name === '--postgres') postgres = value ?? given[++at] ?? '';
    else if (name === '--workers') workers = value ?? given[++at] ?? '';
    else rest.push(argument);
  }
  return { unit, postgres, workers, servingRole, rest };
}
