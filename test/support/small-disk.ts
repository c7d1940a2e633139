// A disk of a few megabytes for one test, which it can fill without harm to anyone.

import { execFile } from 'node:child_process';
import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { releaseAfter } from './release.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** Why a test that needs such a disk cannot run here; false where it can. */
export const NO_SMALL_DISK =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'only root, on Linux, may mount a tmpfs' : false;

/**
 * Returns the folder on which it is mounted; undefined, with the test marked as skipped, where even root may not
 * mount, as in most containers.
 */
export async function mountSmallDisk(t: TestContext, mebibytes: number): Promise<string | undefined> {
  const folder = await createTemporaryFolder(t);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0755`, 'tmpfs', folder]);
  } catch (error) {
    t.skip(`no tmpfs can be mounted here: ${(error as Error).message}`);
    return undefined;
  }
  releaseAfter(t, () => run('umount', [folder]));
  return folder;
}

/** Makes room on it, as someone might who deletes other files, or takes it. */
export async function resizeSmallDisk(folder: string, mebibytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${mebibytes}m`, folder]);
}

/** Takes all the room that is left on it. */
export async function fillSmallDisk(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(join(folder, 'filling'), Buffer.alloc(bavail * bsize));
}
