// Preloaded by npm scripts: adds the variables of a file `.env`, if there is one. Node's own `--env-file-if-exists` does the
// same, but reports a missing file on every start.

import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && existsSync('.env')) process.loadEnvFile();
