import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = pathToFileURL(join(import.meta.dirname, '..')).href;

/** Prints what the imports of a server are resolved to: with the hooks, and by Node alone. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  const found = {};
  const record = {
    resolve(specifier, context, next) {
      const { url, format } = next(specifier, context);
      const { parentURL, conditions } = context;
      found[parentURL + ' ' + conditions.includes('import') + ' ' + specifier] = { url, format };
      return { url, format };
    },
  };
  if (process.env.HOOKS === 'true') {
    const { resolveFast } = await import('${root}/src/module-loading.ts');
    resolveFast();
    resolveFast();
  }
  registerHooks(record);
  await import('${root}/src/app.ts');
  console.log(JSON.stringify(found));`;

test('the imports of a server are resolved to the files that Node finds, with their formats', async () => {
  const [fast, slow] = await Promise.all([resolutions(true), resolutions(false)]);
  assert.ok(Object.keys(fast).length > 1000);
  assert.deepEqual(fast, slow);
});

type Resolutions = Record<string, { url: string; format?: string }>;

async function resolutions(withHooks: boolean): Promise<Resolutions> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    env: { ...process.env, HOOKS: String(withHooks), NODE_OPTIONS: '' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Resolutions;
}
