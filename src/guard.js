// Preloaded by npm scripts, before any TypeScript: says in one line what to do where it could not run. Plain JavaScript for
// old versions of Node, which name no export that they may lack.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const OLDEST_NODE = 24;

const isInstalled = existsSync(
  join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../node_modules/graphql'),
);

/** @returns {string | undefined} what is missing, and what to do */
function obstacle() {
  if (!isInstalled) return 'The packages are not installed. Run `npm ci` first; it also installs Node 24.';
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return undefined;
  return `Loadstone needs Node ${OLDEST_NODE}, and this is ${process.version}. Start it with \`npm start\`, which runs on the Node that \`npm ci\` installs; if it is missing, run \`npm ci\` without \`--omit=optional\`.`;
}

const message = obstacle();
if (message !== undefined) {
  console.error(message);
  process.exit(1);
}
