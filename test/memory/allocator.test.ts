// In processes of their own: the settings are those of a process.

import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const MIB = 1024 * 1024;
const [allocator, freeing] = ['allocator', 'free-chunk'].map(
  (name) => pathToFileURL(join(import.meta.dirname, `../../src/memory/${name}.ts`)).href,
);
/** Keeps a small buffer beside each large one, drops the large ones, and tells what it is left with. */
const PROGRAM = `
import { returnFreedMemory } from '${allocator}';
returnFreedMemory(process.env);
const make = (bytes) => Buffer.allocUnsafeSlow(bytes).fill(1);
let large = [];
const small = [];
for (let i = 0; i < 1500; i++) {
  large.push(make(128 * 1024));
  small.push(make(100));
}
large = [];
gc();
await new Promise((resolve) => setTimeout(resolve, 200));
gc();
const { pid, argv, execArgv, env } = process;
const told = { pid, args: argv.slice(2), execArgv, arenas: env.MALLOC_ARENA_MAX, kept: env.KEPT, small: small.length };
told.memory = process.memoryUsage.rss();
process.send ? process.send(told) : console.log(JSON.stringify(told));`;

/** Makes pieces of as many bytes as a socket reads at once, frees each a little later, and tells how often the system gave it pages. */
const REUSER = `
import { returnFreedMemory } from '${allocator}';
import { freeChunk } from '${freeing}';
returnFreedMemory(process.env);
const faults = () => process.resourceUsage().minorPageFault;
const held = [];
let before = 0;
for (let i = 0; i < 1100; i++) {
  if (i === 100) before = faults();
  held.push(Buffer.allocUnsafeSlow(64 * 1024).fill(1));
  if (held.length > 8) freeChunk(held.shift());
}
console.log(faults() - before);`;

interface Told {
  pid: number;
  args: string[];
  execArgv: string[];
  arenas?: string;
  kept?: string;
  memory: number;
}

let folder: string;
let program: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadstone-allocator-'));
  program = join(folder, 'program.mjs');
  await writeFile(program, PROGRAM);
});

after(() => rm(folder, { recursive: true, force: true }));

const isLinux = process.platform === 'linux';

test('memory that is freed goes back to the system', { skip: !isLinux }, async () => {
  const [returned, kept] = await Promise.all([run({}), run({ MALLOC_ARENA_MAX: '8' })]);
  assert.equal(kept.arenas, '8', 'a setting of the operator holds');
  assert.ok(returned.memory < kept.memory - 100 * MIB, `${returned.memory} and ${kept.memory}`);
});

test('what a socket reads is not taken from the system and given back each time', {
  skip: !isLinux,
}, async () => {
  const path = join(folder, 'reuser.mjs');
  await writeFile(path, REUSER);
  const { stdout } = await promisify(execFile)(process.execPath, [path], { env: plainEnvironment() });
  assert.ok(Number(stdout) < 1000, `${stdout} page faults for 1,000 pieces`);
});

test('the program starts anew in the same process, with its arguments and its environment', {
  skip: !isLinux,
}, async () => {
  const { childPid, ...told } = await run({ KEPT: 'as it was' });
  assert.equal(told.pid, childPid);
  assert.deepEqual(told.args, ['an argument', '--option']);
  assert.deepEqual(told.execArgv, ['--min-semi-space-size=4', '--expose-gc']);
  assert.equal(told.kept, 'as it was');
  assert.equal(told.arenas, '2');
});

test('a process that talks with its parent keeps the connection', async () => {
  const child = fork(program, [], { execArgv: ['--expose-gc'], env: plainEnvironment() });
  const [told] = (await once(child, 'message')) as [Told];
  assert.equal(told.arenas, undefined);
  if (child.exitCode === null) await once(child, 'exit');
});

function run(env: Record<string, string>): Promise<Told & { childPid: number | undefined }> {
  return new Promise((resolve, reject) => {
    const args = ['--expose-gc', program, 'an argument', '--option'];
    const options = { env: { ...plainEnvironment(), ...env } };
    const child = execFile(process.execPath, args, options, (error, stdout) => {
      if (error) reject(error);
      else resolve({ ...(JSON.parse(stdout) as Told), childPid: child.pid });
    });
  });
}

/** Without settings of the allocator. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MALLOC_')));
}
