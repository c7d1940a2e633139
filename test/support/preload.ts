// Loaded first in every process of a test run, by NODE_OPTIONS.
//
// For each relative import inside drizzle-orm, Node parses that package's package.json of 180 KB: half a second of a
// process's start. They are resolved here without it.

import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const PACKAGE = '/node_modules/drizzle-orm/';

// Lanes, the only other threads, do not load it.
if (isMainThread) {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (!parentURL?.includes(PACKAGE) || !/^\.{1,2}\/.*\.js$/.test(specifier))
        return next(specifier, context);
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
    },
  });
}
