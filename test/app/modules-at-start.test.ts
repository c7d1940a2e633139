// What a server does not load when it starts, as many servers never need it.

import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = pathToFileURL(join(import.meta.dirname, '../..')).href;

test('a server starts without GraphiQL, the client for data sources, the console and the commands', async () => {
  const loaded: string[] = [];
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      loaded.push(resolved.url);
      return resolved;
    },
  });
  await import('../../src/app.ts');
  hooks.deregister();

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
