// Preloaded by npm scripts. JavaScript, as Node's own TypeScript support takes 20 MB: with the cache of compiled code it is
// not loaded at all.

import '../src/guard.js';
import { existsSync } from 'node:fs';
// The whole module: versions of Node that the guard stops lack the function, and a named import would fail before it.
import module from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/loadstone/compiled'));
  // Node's own `--env-file-if-exists` does the same, but reports a missing file on every start.
  if (existsSync('.env')) process.loadEnvFile();
}
