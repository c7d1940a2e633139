// A folder for one test, removed after the test.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { releaseAfter } from './release.ts';

/** Returns its absolute path. */
export async function createTemporaryFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'loadstone-test-'));
  releaseAfter(t, () => rm(path, { recursive: true, force: true }));
  return path;
}
