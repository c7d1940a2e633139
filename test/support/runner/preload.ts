// Loaded first in every process of a test run, by NODE_OPTIONS: commands that tests start load their modules as fast as the
// server does.

import { isMainThread } from 'node:worker_threads';
import { resolveFast } from '../../../src/module-loading.ts';

// Lanes, the only other threads, do not load it.
if (isMainThread) resolveFast();
