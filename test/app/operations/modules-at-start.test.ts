// What a server does not load when it starts, as many servers never need it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = pathToFileURL(join(import.meta.dirname, '../../..')).href;

/** Prints the URL of each module, in a process that has loaded none. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      console.log(resolved.url);
      return resolved;
    },
  });
  await import('${root}/src/app.ts');`;

test('a server starts without GraphiQL, the client for data sources, the console and the commands', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT]);
  const loaded = stdout.split('\n');
  assert.ok(loaded.includes(`${root}/src/http/server.ts`));
  const rarelyNeeded = [
    'node_modules/@graphql-yoga/render-graphiql',
    'node_modules/undici',
    'node_modules/react',
  ];
  const notServer = ['src/console', 'src/cli', 'src/source-server'];
  for (const folder of [...rarelyNeeded, ...notServer]) {
    assert.deepEqual(
      loaded.filter((url) => url.startsWith(`${root}/${folder}/`)),
      [],
    );
  }
});
